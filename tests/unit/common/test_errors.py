"""The error tree: codes, the way over the wire, HTTP statuses."""

import pytest

from services.common import errors
from services.common.errors import (
    Conflict,
    IllegalMove,
    InterdeskError,
    Invalid,
    NotFound,
    Stale,
    Unavailable,
    from_wire,
    http_status,
)


def every_class() -> list[type[InterdeskError]]:
    return [cls for cls in errors._classes().values() if cls.__module__ == errors.__name__]


@pytest.mark.parametrize("cls", every_class())
def test_an_error_comes_out_of_the_wire_as_it_went_in(cls: type[InterdeskError]) -> None:
    sent = cls("some_code", "What to do.", [("subject", "is missing")])
    arrived = from_wire(sent.to_wire())
    assert type(arrived) is cls
    assert (arrived.code, arrived.message, arrived.errors) == (sent.code, sent.message, sent.errors)


def test_each_class_has_a_code_of_its_own_and_a_status() -> None:
    classes = [cls for cls in every_class() if cls is not InterdeskError]
    codes = [cls().code for cls in classes]
    assert len(set(codes)) == len(codes)
    assert all(cls().message for cls in classes)
    assert all(400 <= http_status(cls()) <= 599 for cls in classes)


def test_the_nearest_class_decides_the_status() -> None:
    assert [http_status(cls()) for cls in (IllegalMove, Invalid, Stale, Conflict, NotFound, Unavailable)] == [
        422, 422, 409, 409, 404, 503,
    ]  # fmt: skip


def test_an_unknown_class_keeps_its_code() -> None:
    arrived = from_wire({"class": "FromTheFuture", "code": "new_thing", "message": "Hm."})
    assert type(arrived) is InterdeskError
    assert str(arrived) == "new_thing: Hm."


def test_the_text_says_code_message_and_fields() -> None:
    assert str(Invalid(errors=[("subject", "is missing")])) == (
        "validation_failed: Validation Failed (subject is missing)"
    )


def test_the_tree_drawn_at_the_top_shows_each_class_with_its_code() -> None:
    drawn = errors.__doc__ or ""
    for cls in every_class():
        if cls is not InterdeskError:
            assert any(cls.__name__ in line and cls.default_code in line for line in drawn.splitlines()), cls
