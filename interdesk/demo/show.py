"""Draws the stories in the terminal: each step, and the request side by side as each account sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from interdesk.demo.stand import Stand

_ROWS = (
    ("request", "id"),
    ("status", "status"),
    ("team", "team"),
    ("member", "member"),
    ("supplier", "supplier"),
    ("completion reason", "completion_reason"),
    ("listed under", "listed"),
    ("clock of its SLA", "clock"),
    ("next target", "next_target_at"),
    ("last note", "notes"),
)
_LONGEST_NOTE = 60


class Screen:
    """Where the demo speaks to a person. `console` may be no terminal: then it is plain text."""

    def __init__(self, console: Console, stands: Mapping[str, Stand]) -> None:
        self._console = console
        self._stands = stands

    def story(self, title: str) -> None:
        self._console.print()
        self._console.rule(f"[bold]{escape(title)}", align="left")

    def step(self, who: str, does: str) -> None:
        self._console.print(f"[cyan]{escape(who)}[/cyan] {escape(does)}", highlight=False)

    def sides(self, views: Mapping[str, Mapping[str, Any]]) -> None:
        table = Table(header_style="bold", show_lines=False)
        table.add_column("")
        for account in views:
            table.add_column(self._stands[account].cast.name, overflow="fold")
        for title, name in _ROWS:
            table.add_row(title, *(escape(_cell(name, view[name])) for view in views.values()))
        self._console.print(table)

    def logins(self, file: str, broker: str) -> None:
        """Where the accounts are, and who may enter: the pages with a password, the API with a token."""
        self._console.print()
        self._console.rule("[bold]The accounts", align="left")
        self._console.print(broker, highlight=False)
        pages = Table(header_style="bold", title="Open in a browser, and sign in", title_justify="left")
        for title in ("pages", "role", "person", "e-mail address", "password"):
            pages.add_column(title, overflow="fold", no_wrap=title == "password")
        table = Table(header_style="bold", title="For programs", title_justify="left")
        for title in ("account", "API", "role", "token"):
            table.add_column(title, overflow="fold", no_wrap=title == "token")
        for stand in self._stands.values():
            for role, token in stand.tokens.items():
                login = stand.logins[role]
                pages.add_row(f"{stand.account.url}/", role, login["name"], login["email"], login["password"])
                table.add_row(stand.cast.id, f"{stand.account.url}/v1", role, token)
        self._console.print(pages)
        self._console.print(table)
        first = next(iter(self._stands.values()))
        self._console.print(f"The same for scripts is in {escape(file)}. Try:", highlight=False)
        self._console.print(
            f'  curl -H "Authorization: Bearer {first.tokens["specialist"]}" {first.account.url}/v1/requests',
            highlight=False,
            soft_wrap=True,
        )


def _cell(name: str, value: Any) -> str:
    if name == "notes":
        last = value[-1] if value else ""
        return last if len(last) <= _LONGEST_NOTE else f"{last[: _LONGEST_NOTE - 1]}…"
    if name == "next_target_at" and value[:1].isdigit():
        return f"{value[:10]} {value[11:16]} UTC"
    if name in ("status", "next_target_at"):
        return str(value).replace("_", " ")
    return "–" if value in (None, "") else str(value)
