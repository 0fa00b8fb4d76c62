"""Tells a story: somebody acts, every side is looked at, and what is seen is compared with what must be.

A story that does not come true raises `StoryBroken`, with what was expected and what was seen. Nothing is
waited for but what must come true, so a story takes as long as the accounts do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol

from interdesk.api import Api
from interdesk.demo.stand import Stand
from interdesk.waiting import holds_within

SEEN_SECONDS = 30.0  # within this, what must come true comes true on every side

View = dict[str, Any]


class StoryBroken(Exception):
    """A story did not come true. The text tells the step, what was expected, and what was seen."""


class Shows(Protocol):
    """Who draws a story for a person (`show.Screen`)."""

    def story(self, title: str) -> None: ...
    def step(self, who: str, does: str) -> None: ...
    def sides(self, views: Mapping[str, View]) -> None: ...


@dataclass
class Teller:
    """One story in the telling. `requests`: account → its id of the request."""

    stands: Mapping[str, Stand]
    screen: Shows
    seen_seconds: float = SEEN_SECONDS
    requests: dict[str, int] = field(default_factory=dict)
    _apis: dict[tuple[str, str], Api] = field(default_factory=dict)
    _doing: str = "nothing"

    def story(self, title: str) -> None:
        self.requests.clear()
        self.screen.story(title)

    def api(self, account: str, role: str = "specialist") -> Api:
        if (account, role) not in self._apis:
            self._apis[account, role] = self.stands[account].api(role)
        return self._apis[account, role]

    def __enter__(self) -> Teller:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for api in self._apis.values():
            api.close()

    def name(self, account: str, role: str = "specialist") -> str:
        return self.stands[account].cast.people[role]

    def knows(self, account: str, *others: str) -> None:
        """The account finds the organizations of others, with the picture and contact details they have."""
        cards: dict[str, Any] = {}
        asked = "name,account,picture_uri,contacts"

        def all_there() -> bool:
            for each in self.api(account, "manager").get("organizations/trusted", fields=asked):
                cards[each["account"]["id"]] = (each["name"], each["picture_uri"], _telephones(each))
            return all(cards.get(other) == self._card(other) for other in others)

        here = self.stands[account].cast.name
        if not holds_within(all_there, self.seen_seconds):
            raise StoryBroken(f"{here} should find {', '.join(others)} and finds {sorted(cards)}")
        for name, _, telephones in (cards[other] for other in others):
            self.screen.step(here, f"finds {name}, with its picture, {telephones[0]}")

    def registers(self, account: str, role: str, does: str, **fields: Any) -> None:
        """A person makes the request that the story is about."""
        self._tells(account, role, does)
        self.requests[account] = self.api(account, role).post("requests", fields)["id"]

    def does(self, account: str, does: str, role: str = "specialist", **changes: Any) -> None:
        """A person changes the request, as his account has it."""
        self._tells(account, role, does)
        self.api(account, role).patch(f"requests/{self.requests[account]}", changes)

    def arrives(self, giver: str, taker: str) -> None:
        """Waits until the request handed over by `giver` is known at `taker`, by its own id there."""
        path = f"handovers/{self.requests[giver]}"

        def known() -> bool:
            sides = self.api(giver).get(path)["providers"]
            ids = [side["remote_request_id"] for side in sides if _account(side) == taker]
            if ids and ids[0] is not None:
                self.requests[taker] = ids[0]
            return taker in self.requests

        if not holds_within(known, self.seen_seconds):
            raise StoryBroken(f"{self._doing}: {taker} has not taken it after {self.seen_seconds:g} s")

    def sees(self, account: str, **expected: Any) -> None:
        """The specialists of an account see the request so: `status team member completion_reason supplier
        listed`, the `clock` of the account's own SLA, and `notes` (texts that must be there)."""
        self._compare(account, "specialist", expected)

    def end_user_sees(self, account: str, **expected: Any) -> None:
        """As `sees`, by the end user; `hidden` are texts that must not be there."""
        self._compare(account, "end_user", expected)

    def shows(self) -> None:
        """Draws the request as each account that has it sees it now."""
        self.screen.sides({account: self._look(account, "specialist") for account in self.requests})

    def _card(self, account: str) -> tuple[str, str, list[str]]:
        cast = self.stands[account].cast
        return cast.name, cast.picture, [cast.telephone]

    def _tells(self, account: str, role: str, does: str) -> None:
        self._doing = f"{self.name(account, role)} ({self.stands[account].cast.name}) {does}"
        self.screen.step(f"{self.name(account, role)}, {self.stands[account].cast.name}", does)

    def _compare(self, account: str, role: str, expected: Mapping[str, Any]) -> None:
        seen: View = {}

        def so() -> bool:
            seen.clear()
            seen.update(self._look(account, role))
            return not differences(expected, seen)

        if not holds_within(so, self.seen_seconds):
            wrong = "; ".join(differences(expected, seen))
            side = f"{self.stands[account].cast.name} (request {self.requests[account]})"
            raise StoryBroken(f"{self._doing}: {side} should see {wrong}")

    def _look(self, account: str, role: str) -> View:
        api, id = self.api(account, role), self.requests[account]
        request = api.get(f"requests/{id}")
        listed = [name for name in ("open", "completed") if api.get(f"requests/{name}", id=id, fields="id")]
        return {
            "id": id,
            "status": request["status"],
            "team": _named(request["team"]),
            "member": _named(request["member"]),
            "supplier": _named(request.get("supplier")),
            "completion_reason": request["completion_reason"],
            "completed_at": request["completed_at"],
            "listed": " and ".join(listed),
            "clock": _clock(request["next_target_at"]),
            "next_target_at": request["next_target_at"],
            "notes": [note["text"] for note in api.get(f"requests/{id}/notes", sort="id")],
        }


def differences(expected: Mapping[str, Any], seen: View) -> list[str]:
    """What of `expected` is not so in `seen`, in words. `notes` are texts that some note must hold, `hidden`
    such as none may."""
    wrong = []
    for name, wanted in expected.items():
        if name == "notes":
            wrong += [f"the note {text!r}" for text in _missing(wanted, seen["notes"])]
        elif name == "hidden":
            wrong += [f"no note {text!r}" for text in wanted if text not in _missing(wanted, seen["notes"])]
        elif seen[name] != wanted:
            wrong.append(f"{name} {wanted!r}, but sees {seen[name]!r}")
    return wrong


def _telephones(organization: Mapping[str, Any]) -> list[str]:
    return [each["telephone"] for each in organization["contacts"] if each.get("telephone")]


def _missing(texts: Sequence[str], notes: Sequence[str]) -> list[str]:
    return [text for text in texts if not any(text in note for note in notes)]


def _named(reference: Mapping[str, Any] | None) -> str | None:
    return None if reference is None else str(reference["name"])


def _clock(next_target_at: str) -> str | None:
    """`runs`, `stands`, or `over`; None without an SLA. All SLAs of the stories have targets."""
    words = {"best_effort": None, "clock_stopped": "stands", "no_target": "over"}
    return words.get(next_target_at, "runs")


def _account(side: Mapping[str, Any]) -> str:
    account = side["account"]
    return str(account["id"]) if isinstance(account, Mapping) else str(account)
