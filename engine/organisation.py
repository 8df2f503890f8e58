"""The organisation of a city: its units, roles and people, imported from tables and looked after one by one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from engine.actors import roles, unit_tree
from engine.errors import Invalid, NotFound
from engine.messages import Message
from engine.store import people
from engine.store import units as units_store
from engine.store.unit_of_work import UnitOfWork
from engine.tables import Column, bad_rows, one_of, read_table, yes_no

MIN_PASSWORD = 10

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
        Invalid: a parent is unknown, or units are above each other in a circle.
    """
    rows = {row["code"]: row for row in read_table(path, UNIT_COLUMNS)}
    known = {code: unit.id for code, unit in unit_tree(uow).by_code.items()}
    problems = {
        f"row {number}, parent_code": f"{row['parent_code']!r} is no unit"
        for number, row in enumerate(rows.values(), start=2)
        if row["parent_code"] and row["parent_code"] not in rows and row["parent_code"] not in known
    }
    waiting = dict(rows) if not problems else {}
    while waiting:
        ready = [row for row in waiting.values() if row["parent_code"] not in waiting]
        if not ready:
            problems["parent_code"] = (
                f"{', '.join(sorted(waiting)[:5])}: units are above each other in a circle"
            )
            break
        for row in ready:
            del waiting[row["code"]]
            known[row["code"]] = _save_unit(uow, row, known)
    if problems:
        raise bad_rows(path, problems)
    uow.changed("units")
    return len(rows)


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
    problems: dict[str, str] = {}
    tree, known = unit_tree(uow), roles(uow)
    for number, row in enumerate(rows, start=2):
        by_login.setdefault(row["login"], []).append(row)
        if row["role"] not in known:
            problems[f"row {number}, role"] = f"{row['role']!r} is no role"
        if row["unit_code"] not in tree.by_code:
            problems[f"row {number}, unit_code"] = f"{row['unit_code']!r} is no unit"
        if row["password"] and len(row["password"]) < MIN_PASSWORD:
            problems[f"row {number}, password"] = f"is shorter than {MIN_PASSWORD} characters"
    stored = {login: people.read_by_login(uow.conn, login) for login in by_login}
    for login, held in by_login.items():
        if stored[login] is None and not any(row["password"] for row in held):
            problems[f"{login}, password"] = "a new person needs one"
    if problems:
        raise bad_rows(path, problems)
    for login, held in by_login.items():
        password = next((row["password"] for row in held if row["password"]), None)
        person_id = save_person(uow, login, held[0]["name"], password)
        people.revoke_all(uow.conn, person_id)
        for row in held:
            people.grant(uow.conn, person_id, row["role"], tree.by_code[row["unit_code"]].id)
    return len(by_login)


def save_person(
    uow: UnitOfWork, login: str, name: str, password: str | None, *, is_demo: bool = False
) -> int:
    """Add a person or change their name, and their password if one is given; gives their identifier.

    Raises:
        Invalid: the password is short, or a new person has none.
    """
    if password is not None and len(password) < MIN_PASSWORD:
        message = Message("Choose a password of at least %(n)s characters.", n=MIN_PASSWORD)
        raise Invalid(message, {"password": message})
    before = people.read_by_login(uow.conn, login)
    if password is None and before is None:
        message = Message("A new person needs a password.")
        raise Invalid(message, {"password": message})
    digest = before["password_hash"] if password is None and before else PasswordHasher().hash(password or "")
    person_id = people.save(
        uow.conn, {"login": login, "name": name, "password_hash": digest, "is_demo": is_demo}
    )
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
