"""An account keeps an administrator, also when several go at the same moment; on a real database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import pytest

from services.common.context import Context
from services.common.errors import Invalid
from services.organizations.actions import account as accounts
from services.organizations.actions.records import editing, shelving
from tests.crashing import Meanwhile

_OUT: Final[Mapping[str, Callable[..., Any]]] = {
    "their roles are taken": lambda context, actor, id: accounts.set_roles(context, actor, id, []),
    "they are trashed": lambda context, actor, id: shelving.shelve(context, actor, "person", id, "trash"),
    "they are disabled": lambda context, actor, id: editing.update_person(
        context, actor, id, {"disabled": True}
    ),
}


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("out", _OUT.values(), ids=_OUT)
def test_two_administrators_who_go_at_the_same_moment_do_not_both_go(
    context, account, administrator, person, out, place
):
    grace = person("Grace", "account_administrator").person_id
    accounts.update_account(context, administrator, {"owner_id": person("Ada").person_id})
    told: list[str] = []

    def go(context: Context, id: int) -> None:
        try:
            out(context, administrator, id)
        except Invalid as refused:
            told.append(refused.code)

    while_grace_goes = replace(context, crash=Meanwhile(place, lambda: go(context, grace)))
    go(while_grace_goes, administrator.person_id)
    assert told == ["last_administrator"]
    left = {"roles": "account_administrator", "disabled": False, "shelf": None}
    assert context.database["people"].count_documents(left) == 1


def test_of_many_administrators_who_go_at_once_one_is_left(context, account, administrator, person):
    ids = [administrator.person_id]
    ids += [person(name, "account_administrator").person_id for name in ("Ann", "Bob", "Cid")]

    def go(id: int) -> str:
        try:
            accounts.set_roles(context, administrator, id, [])
        except Invalid as refused:
            return refused.code
        return "gone"

    with ThreadPoolExecutor(len(ids)) as pool:
        told = sorted(pool.map(go, ids))
    assert told == ["gone", "gone", "gone", "last_administrator"]
