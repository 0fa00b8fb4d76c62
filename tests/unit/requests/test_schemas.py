"""What people may send to the requests service."""

from __future__ import annotations

import pytest

from services.common.errors import Invalid
from services.common.schemas import loaded
from services.requests.schemas import RequestInputSchema, RequestPatchSchema


@pytest.mark.parametrize("schema", [RequestInputSchema(), RequestPatchSchema()])
@pytest.mark.parametrize("subject", ["", "   "])
def test_a_request_has_a_subject_also_after_an_edit(schema: RequestPatchSchema, subject: str) -> None:
    with pytest.raises(Invalid) as refused:
        loaded(schema, {"subject": subject})
    assert refused.value.errors == [("subject", "must not be empty")]


def test_an_edit_without_a_subject_keeps_it() -> None:
    assert loaded(RequestPatchSchema(), {"note": "Said"}) == {"note": "Said"}
