"""What a record holds of a file."""

from __future__ import annotations

import pytest

from services.common.attachments import attachment_of


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("displayable", [False, True])
def test_a_text_shows_only_what_browsers_may_show(asked: bool, displayable: bool) -> None:
    metadata = {"id": 1, "key": "attachments/a/b.png", "type": "image/png", "sha256": "0" * 64}
    metadata["displayable"] = displayable
    file = {"filename": "b.png", "length": 9, "metadata": metadata}
    assert attachment_of(file, inline=asked)["inline"] is (asked and displayable)
