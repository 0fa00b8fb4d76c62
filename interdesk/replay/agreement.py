"""Do two accounts agree about a case? What must hold between a customer's copy and its provider's when
nothing is on its way (handover.md section 4).

- Each names the other's request, and both the same thread, episode and end of it.
- What each sent last is what the other applied last.
- Their states are an allowed pair.
- The shared core is the same: always of one origin; each field while the episode is open, or as long as the
  customer has not changed it since.
- The public notes are the same. The provider's that came with its completion or its declining are for the
  customer's specialists. Of the customer's, the provider has all up to the last that it was told: what was
  said after the end of an episode is told with the next one.
- No note came twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interdesk.api import Api

Record = Mapping[str, Any]
CORE = ("subject", "category", "impact", "desired_completion_at", "downtime_start_at", "downtime_end_at")
_WORK = {
    "on_backlog",
    "assigned",
    "accepted",
    "in_progress",
    "waiting_for",
    "reservation_pending",
    "workflow_pending",
    "project_pending",
}


@dataclass(frozen=True)
class Copy:
    """What an account tells of its copy over the API: the request, its hand-over, its notes, oldest first."""

    account: str
    request: Record
    handover: Record
    notes: Sequence[Record]

    @property
    def public(self) -> list[str]:
        return [note["text"] for note in self.notes if not note["internal"]]

    def by(self, account: str) -> set[str]:
        """The texts that another account wrote, public here or not."""
        return {note["text"] for note in self.notes if (note.get("account") or {}).get("id") == account}


def read_copy(api: Api, account: str, request_id: int) -> Copy:
    """Raises ApiError."""
    notes = list(api.get_all(f"requests/{request_id}/notes", per_page=100, fields="text,internal,account"))
    return Copy(
        account,
        api.get(f"requests/{request_id}"),
        api.get(f"handovers/{request_id}"),
        sorted(notes, key=lambda note: int(note["id"])),
    )


def disagreements(customer: Copy, provider: Copy) -> list[str]:
    """What is not as it must be between these two, in words; empty when they agree."""
    above = provider.handover["customer"]
    below = next(
        (link for link in customer.handover["providers"] if above and link["thread"] == above["thread"]), None
    )
    if above is None or below is None:
        return ["they do not share a thread"]
    return [
        *_thread(customer, below, provider, above),
        *_pair(customer, below, provider, above),
        *_core(customer, below, provider),
        *_notes(customer, below, provider),
    ]


def _thread(customer: Copy, below: Record, provider: Copy, above: Record) -> Iterator[str]:
    for what, one, other in (
        ("the provider's request", below["remote_request_id"], provider.request["id"]),
        ("the customer's request", customer.request["id"], above["remote_request_id"]),
        ("the episode", below["episode"], above["episode"]),
        ("whether it is open", below["open"], above["open"]),
        ("what the customer sent last", below["sent"], above["applied"]),
        ("what the provider sent last", below["applied"], above["sent"]),
    ):
        if one != other:
            yield f"{what}: {one} and {other}"


def _pair(customer: Copy, below: Record, provider: Copy, above: Record) -> Iterator[str]:
    turn, status, reason = below["turn"], provider.request["status"], provider.request["completion_reason"]
    completed = status == "completed"
    allowed = {
        "with": status in _WORK,
        "asked": status == "waiting_for_customer" and below["question"] == above["question"],
        "returned": completed and reason != "declined",
        "refused": completed and reason == "declined",
        "ended": completed,
    }
    if not allowed[turn]:
        yield f"no allowed pair: the customer is at {turn}, the provider {status} ({reason})"
    if turn == "with" and customer.request["status"] != status:
        yield f"the customer mirrors {customer.request['status']}, the provider is {status}"


def _core(customer: Copy, below: Record, provider: Copy) -> Iterator[str]:
    ours, theirs = customer.handover, provider.handover
    if ours["origin"] != theirs["origin"]:
        yield f"the origin: {ours['origin']} and {theirs['origin']}"
    if below["open"] or ours["core_version"] == theirs["core_version"]:
        for name in CORE:
            if customer.request[name] != provider.request[name]:
                yield f"{name}: {customer.request[name]!r} and {provider.request[name]!r}"
    elif ours["core_version"] < theirs["core_version"]:
        yield f"the provider's core is newer ({theirs['core_version']}) than its owner's"


def _notes(customer: Copy, below: Record, provider: Copy) -> Iterator[str]:
    ours, theirs = customer.public, provider.public
    for copy, texts in ((customer, ours), (provider, theirs)):
        if len(set(texts)) != len(texts):
            yield f"{copy.account} has a note twice"
    if unknown := set(theirs) - set(ours) - customer.by(provider.account):
        yield f"notes that the customer does not have: {sorted(unknown)}"
    told = max((place for place, text in enumerate(ours) if text in theirs), default=-1)
    expected = ours if below["open"] else ours[: told + 1]
    if missing := [text for text in expected if text not in theirs]:
        yield f"notes that the provider does not have: {missing}"


def unreceipted(api: Api, **among: Any) -> list[Record]:
    """Messages that a partner has not accepted: queued, sent, held or refused. `among`: filters of the list.
    Raises ApiError.
    """
    return list(api.get_all("deliveries", state="queued,sent,held,refused", per_page=100, **among))


def parked(api: Api) -> list[Record]:
    """Messages that the account could not apply. Raises ApiError."""
    return list(api.get_all("parked_messages", per_page=100))
