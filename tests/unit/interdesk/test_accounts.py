"""Which accounts are run: files and environments are checked, and refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from interdesk.local.accounts import AccountSpec, AccountSpecSchema, AccountsRefused, account_from_environment
from interdesk.local.accounts import read_accounts as read

WIDGET = '[[accounts]]\nid = "widget"\nname = "Widget Data Center"\ndomain = "widget.example"\n'


def read_accounts(tmp_path: Path, text: str) -> list[AccountSpec]:
    file = tmp_path / "accounts.toml"
    file.write_text(text)
    return read(file)


def test_a_file_lists_accounts_with_their_settings(tmp_path: Path) -> None:
    text = WIDGET + 'broker = "own"\nport = 8400\n[accounts.environ]\nINTERDESK_SWEEP_SECONDS = "1"\n'
    assert read_accounts(tmp_path, text) == [
        AccountSpec(
            "widget",
            "Widget Data Center",
            "widget.example",
            "own",
            8400,
            {"INTERDESK_SWEEP_SECONDS": "1"},
        )
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "accounts"),
        ("[[accounts", r"accounts\.toml"),
        (WIDGET + 'colour = "red"\n', "colour"),
        (WIDGET.replace('"widget"', '"Widget"'), "id"),
        (WIDGET + 'broker = "rented"\n', "broker"),
        (WIDGET + '[accounts.environ]\nINTERDESK_TYPO = "1"\n', "INTERDESK_TYPO"),
        (WIDGET + '[accounts.environ]\nAMQP_URI = "amqp://x"\n', "AMQP_URI"),
        (WIDGET + WIDGET, "more than once: widget"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(AccountsRefused, match=named):
        read_accounts(tmp_path, text)


def test_the_environment_describes_one_account() -> None:
    environ = {"INTERDESK_ACCOUNT": "widget", "INTERDESK_SWEEP_SECONDS": "1", "HOME": "/root"}
    assert account_from_environment(environ) == AccountSpec(
        "widget", "widget", "widget.example", environ={"INTERDESK_SWEEP_SECONDS": "1"}
    )


def test_without_an_account_it_says_what_to_give() -> None:
    with pytest.raises(AccountsRefused, match="--accounts FILE"):
        account_from_environment({})


def test_an_account_is_kept_and_found_again_unchanged() -> None:
    spec = AccountSpec("widget", "Widget", "widget.example", "own", 8400, {"INTERDESK_SWEEP_SECONDS": "1"})
    assert AccountSpecSchema().load(spec.to_document()) == spec
