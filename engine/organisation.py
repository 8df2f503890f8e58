"""The organisation of a city: its units, roles and people, imported from tables and looked after one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from engine.actors import roles, unit_tree
from engine.errors import Invalid, NotFound
from engine.messages import Message
from engine.store import people
from engine.store import units as units_store
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import UnitTree
from engine.tables import Column, bad_rows, one_of, read_table, yes_no

MIN_PASSWORD, MAX_PASSWORD = 10, 200
MAX_NAME = 100

UNIT_COLUMNS = (
    Column("code"),
    Column("name_zh"),
    Column("name_en"),
    Column("kind", one_of(*units_store.KINDS)),
    Column("parent_code", required=False),
    Column("is_platform", yes_no, required=False),
    Column("area_code", required=False),
    Column("unit_type", required=False),
)

ROLE_COLUMNS = (
    Column("code"),
    Column("name_zh"),
    Column("name_en"),
    Column("sees", one_of("none", "offered", "unit", "below")),
)

PEOPLE_COLUMNS = (
    Column("login"),
    Column("name"),
    Column("role"),
    Column("unit_code"),
    Column("password", required=False),
)


def import_roles(uow: UnitOfWork, path: Path) -> int:
    """Add the roles of a table or change their names; gives how many rows there were."""
    rows = read_table(path, ROLE_COLUMNS)
    for row in rows:
        people.save_role(uow.conn, row)
    uow.changed("roles")
    return len(rows)


def import_units(uow: UnitOfWork, path: Path) -> int:
    """Add the units of a table or change them, parents before children in whatever order they stand.

    Raises:
        Invalid: a code stands twice, a parent is unknown, or units are above each other in a circle.
    """
    table = read_table(path, UNIT_COLUMNS)
    rows = {row["code"]: row for row in table}
    tree = unit_tree(uow)
    problems = dict(_unit_problems(table, rows, tree))
    if problems:
        raise bad_rows(path, problems)
    known = {code: unit.id for code, unit in tree.by_code.items()}
    waiting = dict(rows)
    while waiting:
        for row in [one for one in waiting.values() if one["parent_code"] not in waiting]:
            del waiting[row["code"]]
            known[row["code"]] = _save_unit(uow, row, known)
    uow.changed("units")
    return len(rows)


def _unit_problems(
    table: Sequence[Mapping[str, Any]], rows: Mapping[str, Mapping[str, Any]], tree: UnitTree
) -> Iterator[tuple[str, str]]:
    # As they will stand once the table is in.
    parents = {
        unit.code: tree[unit.parent_id].code if unit.parent_id is not None else None
        for unit in tree.by_id.values()
    }
    parents |= {code: row["parent_code"] for code, row in rows.items()}
    for number, row in enumerate(table, start=2):
        if rows[row["code"]] is not row:
            yield f"row {number}, code", f"{row['code']!r} stands twice"
        if row["parent_code"] and row["parent_code"] not in parents:
            yield f"row {number}, parent_code", f"{row['parent_code']!r} is no unit"
    circle = sorted(code for code in rows if _is_above_itself(code, parents))
    if circle:
        yield "parent_code", f"{', '.join(circle[:5])}: units are above each other in a circle"


def _is_above_itself(code: str, parents: Mapping[str, str | None]) -> bool:
    above = parents.get(code)
    for _ in parents:
        if above is None or above == code:
            break
        above = parents.get(above)
    return above == code


def _save_unit(uow: UnitOfWork, row: Mapping[str, Any], known: Mapping[str, int]) -> int:
    values = {name: row[name] for name in ("code", "name_zh", "name_en", "kind", "area_code", "unit_type")}
    parent = known[row["parent_code"]] if row["parent_code"] else None
    return units_store.save(
        uow.conn, {**values, "parent_id": parent, "is_platform": bool(row["is_platform"])}
    )


def import_people(uow: UnitOfWork, path: Path) -> int:
    """Add the people of a table, a row for each role that they hold; gives how many people there were.

    A person who is new needs a password in one of their rows; the roles of a person become those of the table.

    Raises:
        Invalid: a unit or role is unknown, or a new person has no password.
    """
    rows = read_table(path, PEOPLE_COLUMNS)
    by_login: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_login.setdefault(row["login"], []).append(row)
    tree = unit_tree(uow)
    problems = dict(_people_problems(uow, rows, tree))
    if not problems:
        stored = {login: people.read_by_login(uow.conn, login) for login in by_login}
        problems = {
            f"{login}, password": "a new person needs one"
            for login, held in by_login.items()
            if stored[login] is None and not any(row["password"] for row in held)
        }
    if problems:
        raise bad_rows(path, problems)
    for login, held in by_login.items():
        password = next((row["password"] for row in held if row["password"]), None)
        person_id = save_person(uow, login, held[0]["name"], password)
        people.revoke_all(uow.conn, person_id)
        for row in held:
            people.grant(uow.conn, person_id, row["role"], tree.by_code[row["unit_code"]].id)
    return len(by_login)


def _people_problems(
    uow: UnitOfWork, rows: Sequence[Mapping[str, Any]], tree: UnitTree
) -> Iterator[tuple[str, str]]:
    known = roles(uow)
    for number, row in enumerate(rows, start=2):
        for field, problem in _person_problems(row["login"], row["name"], row["password"]).items():
            yield f"row {number}, {field}", problem
        if row["role"] not in known:
            yield f"row {number}, role", f"{row['role']!r} is no role"
        if row["unit_code"] not in tree.by_code:
            yield f"row {number}, unit_code", f"{row['unit_code']!r} is no unit"


def _person_problems(login: str, name: str, password: str | None) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not 0 < len(login) <= MAX_NAME or not login.isprintable() or " " in login:
        problems["login"] = Message("Give a login of 1 to %(n)s characters without blanks.", n=MAX_NAME)
    if not 0 < len(name.strip()) <= MAX_NAME or not name.isprintable():
        problems["name"] = Message("Give a name of 1 to %(n)s characters that can be shown.", n=MAX_NAME)
    if password is not None and len(password) < MIN_PASSWORD:
        problems["password"] = Message("Choose a password of at least %(n)s characters.", n=MIN_PASSWORD)
    if password is not None and len(password) > MAX_PASSWORD:
        problems["password"] = Message("Choose a password of at most %(n)s characters.", n=MAX_PASSWORD)
    return problems


def save_person(
    uow: UnitOfWork, login: str, name: str, password: str | None, *, is_demo: bool = False
) -> int:
    """Add a person or change their name, and their password if one is given; gives their identifier.

    Somebody who was dismissed comes in again with the new password.

    Raises:
        Invalid: names ``login``, ``name`` or ``password``.
    """
    problems = _person_problems(login, name, password)
    if problems:
        raise Invalid(Message("The person was not saved: see the fields."), problems)
    before = people.read_by_login(uow.conn, login)
    if password is None and before is None:
        message = Message("A new person needs a password.")
        raise Invalid(message, {"password": message})
    digest = before["password_hash"] if password is None and before else PasswordHasher().hash(password or "")
    row: dict[str, Any] = {"login": login, "name": name, "password_hash": digest, "is_demo": is_demo}
    person_id = people.save(uow.conn, row if password is None else {**row, "active": True})
    if before is not None and password is not None:
        people.set_password(uow.conn, person_id, digest)
    return person_id


def grant(uow: UnitOfWork, person_id: int, role: str, unit_code: str) -> None:
    """Give a person a role at a unit.

    Raises:
        NotFound: there is no such role or unit.
    """
    if role not in roles(uow):
        raise NotFound(Message("There is no role %(role)s.", role=role))
    unit = unit_tree(uow).by_code.get(unit_code)
    if unit is None:
        raise NotFound(Message("There is no unit %(code)s.", code=unit_code))
    people.grant(uow.conn, person_id, role, unit.id)


def dismiss(uow: UnitOfWork, login: str) -> None:
    """Let a person in no longer: their sessions, tokens and roles end at once, and what they did stays theirs.

    Raises:
        NotFound: there is no such person.
    """
    person = people.read_by_login(uow.conn, login)
    if person is None:
        raise NotFound(Message("There is no person %(login)s.", login=login))
    people.dismiss(uow.conn, person["id"])
    people.end_sessions(uow.conn, person["id"])
    people.remove_tokens(uow.conn, person["id"])
    people.revoke_all(uow.conn, person["id"])
