"""What an account says that it understands, and what that must hold."""

from __future__ import annotations

import pytest

from services.common.errors import Invalid
from services.federation.messages import TYPES
from services.federation.partners import capabilities
from tests.wire import golden


def test_version_1_is_understood_and_frozen() -> None:
    frozen = {path.name.removesuffix(".json") for path in golden.FOLDER.iterdir()}
    assert TYPES.keys() >= capabilities.VERSION_1
    assert frozen >= capabilities.VERSION_1
    assert len(capabilities.VERSION_1) == 21  # it never changes


def test_who_names_nothing_speaks_version_1() -> None:
    assert set(capabilities.told({})) == capabilities.VERSION_1
    assert capabilities.understands(None, "request.taken.v1")
    assert not capabilities.understands(None, "trust.credentials_renewed.v1")
    assert capabilities.understands(capabilities.OWN, "trust.credentials_renewed.v1")


def test_more_than_version_1_is_kept() -> None:
    named = [*capabilities.VERSION_1, "request.praised.v1", "request.taken.v2"]
    assert capabilities.told({"capabilities": named}) == sorted(named)


@pytest.mark.parametrize("missing", sorted(capabilities.VERSION_1))
def test_less_than_version_1_is_refused_and_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(Invalid, match=missing) as failure:
        capabilities.told({"capabilities": sorted(capabilities.VERSION_1 - {missing})})
    assert failure.value.code == "version_not_spoken"
