"""A layer is imported from a file: wholly or not at all, in force from an instant on, with what held before kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.actors import unit_tree
from engine.errors import Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from gis.codes import STANDARD, CodeScheme
from gis.errors import GisError
from gis.layers.kinds import kinds
from gis.layers.problems import MOST_LISTED, Problems
from gis.layers.reading import LayerFile, opened
from gis.layers.records import Reader, Record
from handlers import city
from handlers.layers.outlines import city_bounds, same_outline
from handlers.layers.responsibility import professions
from handlers.store import areas
from handlers.store.drafts import Draft
from handlers.store.layer_changes import Changes, Ending, allow_time, lock
from handlers.store.layer_tables import STORED, StoredLayer, orphans

#: How many codes of each sort a preview names.
LISTED = 10
_NAMED_ONLY = ("district", "street", "community", "zone")
_COORDINATES = ("lon", "lat", "wkt")


@dataclass(frozen=True)
class Reading:
    """How a file is to be read.

    Attributes:
        crs: its reference system, where it does not tell it.
        columns: the file's names of columns by the standard ones, with ``lon``, ``lat`` and ``wkt`` of a CSV file.
        layer: which one, where the file has several.
        encoding: of its texts, where it does not tell it.
        may_miss: whether areas may be known by name only.
        scheme: how codes of areas are made.
    """

    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    layer: str | None = None
    encoding: str | None = None
    may_miss: bool = False
    scheme: CodeScheme = STANDARD


@dataclass(frozen=True)
class Taking:
    """What becomes of a layer that is read.

    Attributes:
        valid_from: from when on it holds.
        replace: whether what is missing from it ends; of responsibility grids only those of its professions do.
        within: what ends must have a code that begins with one of these.
        dry_run: whether nothing is written.
    """

    valid_from: datetime
    replace: bool = False
    within: tuple[str, ...] = ("",)
    dry_run: bool = False


def import_layer(
    uow: UnitOfWork, kind: str, path: Path, taking: Taking, reading: Reading | None = None
) -> Changes:
    """Take a layer from a file; gives what changed, or in a dry run would change.

    Args:
        kind: one of `handlers.store.layer_tables.STORED`.

    Raises:
        Invalid: the file cannot be read, or something in it does not fit: all is told, up to `MOST_LISTED` problems, and
            nothing is written.
    """
    wanted = reading or Reading()
    try:
        coordinates = {name: wanted.columns[name] for name in _COORDINATES if name in wanted.columns}
        with opened(
            path, crs=wanted.crs, layer=wanted.layer, encoding=wanted.encoding, coordinates=coordinates
        ) as file:
            return take_rows(uow, kind, path.name, _rows(uow, kind, file, wanted, taking.valid_from), taking)
    except GisError as error:
        raise Invalid(Message("%(problem)s", problem=str(error))) from error


Rows = Callable[[Problems], Iterator[Sequence[Record]]]


def _rows(uow: UnitOfWork, kind: str, file: LayerFile, wanted: Reading, at: datetime) -> Rows:
    one = kinds(wanted.scheme)[kind]
    overrides = {name: held for name, held in wanted.columns.items() if name not in _COORDINATES}
    reader = Reader(
        one,
        one.mapping(file.fields, overrides),
        city_bounds(uow, at),
        may_miss=wanted.may_miss and kind in _NAMED_ONLY,
        scheme=wanted.scheme,
    )

    def portions(problems: Problems) -> Iterator[Sequence[Record]]:
        for portion in file.portions():
            yield reader.read(portion, problems)

    return portions


def take_rows(uow: UnitOfWork, kind: str, source: str, rows: Rows, taking: Taking) -> Changes:
    """Take a layer from rows that were read or made; raises as `import_layer`.

    Args:
        source: where they are from, for a refusal.
        rows: gives them in portions, and adds what is wrong with them to the problems.
    """
    allow_time(uow.conn)
    stored, problems = STORED[kind], Problems()
    draft = stored.draft(uow.conn)
    complete = _completion(uow, kind)
    for portion in rows(problems):
        done = complete(portion, problems)
        if problems.count >= MOST_LISTED:
            break
        if not problems:
            draft.add(done)
    refuse(source, problems)
    for row in draft.doubles(MOST_LISTED):
        problems.add(row["again"], "code", f"{row['code']!r} stands in feature {row['row']} already")
    refuse(source, problems)
    return _put(uow, stored, draft, source, taking)


def _put(uow: UnitOfWork, stored: StoredLayer, draft: Draft, source: str, taking: Taking) -> Changes:
    lock(uow.conn, stored.table)
    at, ending, problems = taking.valid_from, _ending(stored, draft, taking), Problems()
    draft.compare(at, same_outline)
    changes = draft.changes(at, ending=ending, listed=LISTED)
    for code in draft.collisions(at, ending=ending, listed=MOST_LISTED):
        problems.add(0, "valid_from", f"{code} is what it is from this very instant on: give a later one")
    refuse(source, problems)
    if changes.none:
        return changes
    with uow.savepoint() as savepoint:
        draft.put_in_force(at, ending=ending)
        if stored.table is areas.area:
            for row in orphans(uow.conn, at, MOST_LISTED):
                problems.add(
                    0,
                    "parent_code",
                    f"the {row['kind']} {row['code']} would lie in {row['parent_code']!r}, which is not there: import that first, or end both",
                )
        if taking.dry_run or problems:
            savepoint.rollback()
    refuse(source, problems)
    if not taking.dry_run:
        uow.changed(stored.revision)
    return changes


def _ending(stored: StoredLayer, draft: Draft, taking: Taking) -> Ending | None:
    if not taking.replace:
        return None
    if "profession" in stored.key:
        return Ending(taking.within, tuple(draft.values("profession")))
    return Ending(taking.within)


def _completion(uow: UnitOfWork, kind: str) -> Callable[[Sequence[Record], Problems], Sequence[Record]]:
    """What the database knows besides of rows of a kind: units, professions, categories."""
    if kind == "responsibility":
        units, known = unit_tree(uow).by_code, set(professions(uow))

        def with_units(rows: Sequence[Record], problems: Problems) -> Sequence[Record]:
            for row in rows:
                if row["profession"] not in known:
                    told = f"{row['profession']!r} is none of {', '.join(sorted(known))}"
                    problems.add(row["row"], "profession", told)
                unit = units.get(row["unit_code"])
                if unit is None:
                    problems.add(row["row"], "unit_code", f"there is no unit {row['unit_code']!r}")
                row["unit_id"] = unit and unit.id
            return rows

        return with_units
    if kind == "component":
        categories = city.catalogue(uow).categories

        def with_categories(rows: Sequence[Record], problems: Problems) -> Sequence[Record]:
            for row in rows:
                if (row["scheme"], "component", row["category"]) not in categories:
                    told = f"scheme {row['scheme']} has no category {row['category']!r} of components"
                    problems.add(row["row"], "category", told)
            return rows

        return with_categories
    return lambda rows, _problems: rows


def refuse(source: str, problems: Problems) -> None:
    """Refuse a file or whatever else rows come from if there are problems with them.

    Raises:
        Invalid: telling them all, up to a bound.
    """
    if not problems:
        return
    told = "; ".join(map(str, problems))
    if problems.unlisted:
        told += f"; and {problems.unlisted} more"
    raise Invalid(
        Message(
            "%(path)s was not imported, %(count)d problem(s): %(told)s",
            path=source,
            count=problems.count,
            told=told,
        ),
        {f"feature {one.row}, {one.column}" if one.row else one.column: one.text for one in problems},
    )


def instant_of(uow: UnitOfWork, text: str | None) -> datetime:
    """The instant of a text: a day in the city's time zone, a moment of ISO 8601, ``always``; now, without one.

    Raises:
        Invalid: it is none of these.
    """
    if text is None:
        return uow.now
    if text == "always":
        return areas.ALWAYS
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            Message(
                "%(text)s is no time: give a day as 2026-12-01, a moment as 2026-12-01T08:00, or always.",
                text=text[:40],
            )
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=uow.database.time_zone)
