"""Environment files: what is written is what is read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interdesk.local.environment import read_env_file, without_ours, write_env_file

NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40)


@settings(deadline=None)  # it writes files
@given(environ=st.dictionaries(NAMES, VALUES, max_size=5))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> None:
    file = tmp_path_factory.mktemp("env") / "env"
    write_env_file(file, environ)
    assert read_env_file(file) == environ


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    write_env_file(tmp_path / "env", {"A": "b"})
    assert stat.S_IMODE((tmp_path / "env").stat().st_mode) == 0o600


def test_a_value_of_several_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SECRET"):
        write_env_file(tmp_path / "env", {"SECRET": "one\nINTERDESK_ACCOUNT=two"})


def test_a_line_that_sets_nothing_is_refused_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("# note\nA=b\nnonsense\n")
    with pytest.raises(ValueError, match="line 3"):
        read_env_file(tmp_path / "env")


def test_a_service_inherits_none_of_our_settings() -> None:
    environ = {"PATH": "/bin", "INTERDESK_CRASH_AT": "x", "AMQP_URI": "y", "MONGO_URI": "z"}
    assert without_ours(environ) == {"PATH": "/bin"}
