"""Which organization is the customer where an agreement with a trusted account names none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.slas.model.customer import customer_among
from services.slas.model.rules import RuleBroken

NAMESAKE = {"id": 1, "name": "Widget"}
SAID = {"id": 2, "remote_id": 20, "is_account": True}
INTRODUCED = {"id": 3, "remote_id": None, "is_account": True}
UNSAID = {"id": 4, "remote_id": 40}
ANOTHER = {"id": 5, "remote_id": 50, "is_account": False}


@pytest.mark.parametrize(
    ("theirs", "namesakes", "meant"),
    [
        ([UNSAID, SAID, INTRODUCED, ANOTHER], [NAMESAKE], 2),
        ([UNSAID, INTRODUCED, ANOTHER], [NAMESAKE], 3),
        ([UNSAID, ANOTHER], [NAMESAKE], 4),
        ([ANOTHER], [NAMESAKE], 1),
        ([ANOTHER], [], None),
        ([], [], None),
    ],
)
def test_what_the_partner_says_of_itself_counts_before_what_is_only_known_of_it(
    theirs: list[Any], namesakes: list[Any], meant: int | None
) -> None:
    assert customer_among(theirs, namesakes, "Widget") == meant


@pytest.mark.parametrize(
    "several", [([UNSAID, {**UNSAID, "id": 6}], []), ([], [NAMESAKE, {**NAMESAKE, "id": 7}])]
)
def test_of_several_a_person_names_the_one(several: tuple[list[Any], list[Any]]) -> None:
    with pytest.raises(RuleBroken) as refused:
        customer_among(*several, "Widget")
    assert refused.value.errors == [
        ("customer_id", "must be given: the organization that stands for Widget here")
    ]


@given(st.permutations([SAID, INTRODUCED, UNSAID, ANOTHER]))
def test_it_is_not_the_first_that_is_found(theirs: list[Any]) -> None:
    assert customer_among(theirs, [NAMESAKE], "Widget") == 2
