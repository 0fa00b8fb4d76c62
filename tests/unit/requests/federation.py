"""Accounts that talk to each other, without a bus: the letters between them.

Each letter has a place in its thread and direction, may be delivered late, twice and in any order, and is
applied in its place only. A person may discard one, and an account may be restored from a backup. Nothing
here knows a rule of the model, but one is watched at each delivery: that an account keeps its own result.
"""

import json
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from services.requests import model
from services.requests.model import (
    Category,
    CompletionReason,
    Incoming,
    Lead,
    Outgoing,
    Ref,
    Request,
    Sent,
    Status,
    Step,
    Take,
    Who,
)
from tests.unit.requests.accounts import INSTANCE, REQUESTER, SUPPORT, Account


class Disagreement(AssertionError):
    """Something does not hold that must, see `agreement`."""


#: A message on its way: (thread, recipient) is a direction, `sequence` its place there.
@dataclass(frozen=True)
class Letter:
    thread: str
    sender: str
    recipient: str
    sequence: int
    message: Outgoing
    incarnation: int = 1


#: What a test may do to an arriving message to take one rule away; None drops it.
Bend = Callable[[Request | None, Incoming], "tuple[Request | None, Incoming] | None"]


class Federation:
    """Accounts and the letters between them. `widget` gives to `gigatera` and `globalnet`, gigatera to
    globalnet.
    """

    def __init__(self, agreements: tuple[tuple[str, str], ...] = ()) -> None:
        names = ("widget", "gigatera", "globalnet")
        self.accounts = {name: Account(name) for name in names}
        for customer, provider in agreements or (
            ("widget", "gigatera"),
            ("widget", "globalnet"),
            ("gigatera", "globalnet"),
            ("globalnet", "widget"),
        ):
            self._agree(self.accounts[customer], self.accounts[provider])
        self.on_the_way: list[Letter] = []
        self.sent: dict[tuple[str, str], int] = {}
        self.applied: dict[tuple[str, str], int] = {}
        self.waiting: dict[tuple[str, str], dict[int, Letter]] = {}
        self.all_sent: list[Letter] = []
        self.discarded: list[Letter] = []
        self.undo_refused = True
        self.kept_backup: object = None
        self.restored = False
        self.bend: Bend | None = None
        self.bend_outgoing: Callable[[Step], tuple[Outgoing, ...]] = lambda step: step.outgoing

    @staticmethod
    def _agree(customer: Account, provider: Account) -> None:
        organization = customer.local(provider.id, "organization", {"id": 1, "name": provider.id})
        instance = customer.local(provider.id, "service_instance", {"id": INSTANCE.id, "name": INSTANCE.name})
        team = customer.local(provider.id, "team", {"id": SUPPORT.id, "name": SUPPORT.name})
        assert instance is not None
        assert team is not None
        customer.leads[provider.id] = Lead(
            provider.id,
            f"agreement/{provider.id}/{customer.id}",
            instance,
            INSTANCE.id,
            team,
            organization,
        )

    def copy(self) -> "Federation":
        twin = copy(self)
        twin.accounts = {name: account.copy() for name, account in self.accounts.items()}
        twin.on_the_way, twin.all_sent = list(self.on_the_way), list(self.all_sent)
        twin.sent, twin.applied = dict(self.sent), dict(self.applied)
        twin.waiting = {key: dict(letters) for key, letters in self.waiting.items()}
        return twin

    def __getitem__(self, name: str) -> Account:
        return self.accounts[name]

    # -- what people do --------------------------------------------------------------------------------------

    def create(self, name: str, who: Who = Who.SPECIALIST, **new: Any) -> Request:
        account = self[name]
        fields = {
            "subject": "Printer on fire",
            "category": Category.INCIDENT,
            "impact": model.Impact.LOW,
            "requested_by": REQUESTER,
            "requested_for": REQUESTER,
            **new,
        }
        step = model.create(fields, account.actor(who), account.facts(None, fields), account.context())  # type: ignore[arg-type]
        return self.save(account, step).request

    def edit(
        self, name: str, request_id: int | None = None, who: Who = Who.SPECIALIST, **changes: Any
    ) -> Step:
        """An edit of the account's request (its only one, or the one named)."""
        account = self[name]
        request = self.request(name, request_id)
        facts = account.facts(request, changes)
        if "facts" in changes:
            facts = replace(facts, **changes.pop("facts"))
        step = model.edit(request, changes, account.actor(who), facts, account.context())  # type: ignore[arg-type]
        return self.save(account, step)

    def request(self, name: str, request_id: int | None = None) -> Request:
        requests = self[name].requests
        if request_id is not None:
            return requests[request_id]
        assert len(requests) == 1, f"{name} has {len(requests)} requests"
        return next(iter(requests.values()))

    def post(self, name: str, step: Step) -> Step:
        """A step of this account, made by a test itself."""
        return self.save(self[name], step)

    def save(self, account: Account, step: Step) -> Step:
        account.keep(step)
        for message in self.bend_outgoing(step):
            self.post_letter(account, message)
        return step

    def post_letter(self, account: Account, message: Outgoing) -> None:
        way = (message.thread, message.partner)
        self.sent[way] = self.sent.get(way, 0) + 1
        letter = Letter(
            message.thread, account.id, message.partner, self.sent[way], message, account.incarnation
        )
        self.on_the_way.append(letter)
        self.all_sent.append(letter)

    # -- the way ---------------------------------------------------------------------------------------------

    def deliver(self, letter: Letter, *, keep_copy: bool = False) -> list[Step]:
        """One copy arrives: applied in its place, kept when it is early, forgotten when it was applied
        before.
        """
        if not keep_copy:
            self.on_the_way.remove(letter)
        way = (letter.thread, letter.recipient)
        if letter.sequence <= self.applied.get(way, 0):
            return []
        self.waiting.setdefault(way, {})[letter.sequence] = letter
        return self._apply_in_order(way)

    def _apply_in_order(self, way: tuple[str, str]) -> list[Step]:
        steps = []
        while (place := self.applied.get(way, 0) + 1) in self.waiting.get(way, {}):
            self.applied[way] = place
            step = self._apply(self.waiting[way].pop(place))
            if step is not None:
                steps.append(step)
        return steps

    def _apply(self, letter: Letter) -> Step | None:
        account = self[letter.recipient]
        message = letter.message
        body = account.localized(letter.sender, json.loads(json.dumps(message.body)))
        incoming = Incoming(message.type, message.id, letter.sender, letter.thread, body)
        request = account.by_thread(letter.thread)
        if self.bend is not None:
            bent = self.bend(request, incoming)
            if bent is None:
                return None
            request, incoming = bent
        step = model.apply(request, incoming, account.context(), self._take(account, body))
        self._keeps_its_result(account.by_thread(letter.thread), step.request)
        return self.save(account, step)

    @staticmethod
    def _keeps_its_result(before: Request | None, after: Request) -> None:
        """Rule 4: nobody else's word changes how and when an account completed a request."""
        if before is None or before.live or after.live or before.above is None or after.above is None:
            return
        if before.above.episode == after.above.episode:
            one = (before.completion_reason, before.completed_at)
            other = (after.completion_reason, after.completed_at)
            if one != other:
                raise Disagreement(f"{after.account} had the result {one}, and now {other}")

    @staticmethod
    def _take(account: Account, body: dict[str, Any]) -> Take:
        origin = body.get("origin")
        loop = any(
            request.live and request.core.origin == origin and request.above is None
            for request in account.requests.values()
        )
        instance = None if body.get("service_instance_id") is None else INSTANCE
        return Take(SUPPORT, instance, "loop" if loop else account.decline)

    def refuse(self, letter: Letter, code: str = "discarded") -> None:
        """The recipient refuses the message that is next in its thread; the sender undoes it."""
        self.on_the_way.remove(letter)
        way = (letter.thread, letter.recipient)
        assert letter.sequence == self.applied.get(way, 0) + 1
        self.applied[way] = letter.sequence
        account, sender = self[letter.recipient], self[letter.sender]
        message = letter.message
        body = account.localized(letter.sender, message.body)
        incoming = Incoming(message.type, message.id, letter.sender, letter.thread, body)
        request, take = account.by_thread(letter.thread), self._take(account, body)
        self.save(account, model.discarded(request, incoming, take, account.context()))
        if self.undo_refused:
            self.refused(sender, message, code)
        self._apply_in_order(way)

    def refused(self, sender: Account, message: Outgoing, code: str) -> Step:
        request = sender.by_thread(message.thread)
        assert request is not None
        sent = Sent(message.type, message.id, message.partner, message.thread, message.body)
        return self.save(sender, model.refused(request, sent, code, sender.context()))

    def settle(self) -> None:
        """Everything on its way arrives, in order, and what follows from it, until nothing is in flight."""
        while self.on_the_way:
            self.deliver(self.on_the_way[0])

    def has(self, letter: Letter) -> bool:
        """Whether the recipient has applied it."""
        return letter.sequence <= self.applied.get((letter.thread, letter.recipient), 0)

    def next_letters(self) -> list[Letter]:
        """Those next in their thread and not there yet, of the kinds whose refusal undoes something."""
        return [
            letter
            for letter in self.on_the_way
            if letter.sequence == self.applied.get((letter.thread, letter.recipient), 0) + 1
            and letter.sequence not in self.waiting.get((letter.thread, letter.recipient), {})
            and letter.message.type not in ("note.added", "request.core_changed", "request.restated")
        ]

    def in_flight(self, type_: str) -> Letter:
        """The one letter of this type on its way."""
        letters = [letter for letter in self.on_the_way if letter.message.type == type_]
        assert len(letters) == 1, [letter.message.type for letter in self.on_the_way]
        return letters[0]

    # -- shorthands for tests --------------------------------------------------------------------------------

    def give(self, customer: str, provider: str, **changes: Any) -> Step:
        return self.edit(
            customer, service_instance=self[customer].leads[provider].service_instance, **changes
        )

    def partners_team(self, customer: str, provider: str) -> Ref:
        return self[customer].leads[provider].team

    def complete(self, name: str, reason: str = "solved", note: str = "Done.", **changes: Any) -> Step:
        return self.edit(
            name, status=Status.COMPLETED, completion_reason=CompletionReason(reason), note=note, **changes
        )
