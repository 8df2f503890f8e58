"""Tokens: told once, kept as a digest, good for a bounded time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.errors import Invalid
from engine.store.people import api_token
from engine.tokens import PREFIX, actor_of_token, issue, revoke
from tests.api.conftest import Town


def test_a_token_gives_its_person_with_their_roles(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        actor = actor_of_token(uow, town.tokens["handler"])

    assert actor is not None
    assert (actor.person_id, actor.grants) == (
        town.people["handler"],
        frozenset({("handler", town.units["crew"])}),
    )


def test_the_database_does_not_hold_the_token(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        kept = [bytes(digest) for digest in uow.conn.execute(select(api_token.c.digest)).scalars()]

    for token in town.tokens.values():
        assert all(token.encode() not in digest for digest in kept)
        assert token.startswith(PREFIX)


def test_all_tokens_of_a_person_are_revoked_at_once(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        issue(uow, town.people["acceptor"], "second", timedelta(days=1))

        assert revoke(uow, town.people["acceptor"]) == 2
        assert actor_of_token(uow, town.tokens["acceptor"]) is None


@pytest.mark.parametrize(
    ("name", "days", "field"),
    [
        ("", 1, "name"),
        ("x" * 61, 1, "name"),
        ("a\x00", 1, "name"),
        ("x", 0, "lifetime"),
        ("x", 9999, "lifetime"),
    ],
)
def test_a_token_without_a_name_or_an_end_is_not_made(town: Town, name: str, days: int, field: str) -> None:
    with town.database.unit_of_work() as uow, pytest.raises(Invalid) as refused:
        issue(uow, town.people["acceptor"], name, timedelta(days=days))

    assert list(refused.value.fields) == [field]
