"""A hand-over brings the provider the public notes that it has not seen: as many as one save can hold."""

import pytest

from services.requests.model import Step
from tests.unit.requests.federation import Federation


def handed_over_with(*texts: str) -> tuple[Federation, Step]:
    federation = Federation()
    federation.create("widget")
    for text in texts:
        federation.edit("widget", note=text)
    return federation, federation.give("widget", "gigatera")


def passed_on(step: Step) -> tuple[list[str], list[str]]:
    """The texts within the give, and those that follow it."""
    give, *following = step.outgoing
    return [note["text"] for note in give.body["notes"]], [each.body["note"]["text"] for each in following]


@pytest.mark.parametrize("count", [1, 64, 65, 264])
def test_the_oldest_go_within_the_give_and_the_others_follow_in_order(count: int) -> None:
    texts = [f"note {n}" for n in range(count)]
    federation, step = handed_over_with(*texts)
    assert passed_on(step) == (texts[:64], texts[64:])
    federation.settle()
    assert federation["gigatera"].public_texts(federation.request("gigatera")) == texts


def test_of_a_great_many_the_first_and_the_last_go_and_the_team_is_told() -> None:
    texts = [f"note {n}" for n in range(300)]
    _, step = handed_over_with(*texts)
    assert passed_on(step) == (texts[:64], texts[100:])
    assert "36 notes are too many for gigatera" in step.notes[-1].text


def test_big_notes_are_bounded_by_their_bytes() -> None:
    texts = [f"{n:03}" + "x" * 65_000 for n in range(80)]
    _, step = handed_over_with(*texts)
    within, following = passed_on(step)
    assert within == texts[:2]
    assert following == texts[-64:]
