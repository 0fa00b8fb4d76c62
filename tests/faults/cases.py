"""A request's whole life between the partners, played step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from interdesk.replay.agreement import disagreements, read_copy
from interdesk.waiting import holds_within
from tests.faults.partners import CUSTOMER, PROVIDER, QUIET_SECONDS, Partners
from tests.faults.patient import Patient


class Case:
    """A request that is handed over, asked about, answered, completed and closed. `said`: the public notes
    that both sides must have in the end, each once.
    """

    def __init__(self, partners: Partners, key: str) -> None:
        self._partners = partners
        self.key = key
        self.said: list[str] = []
        self.request_id = 0
        self.remote_id = 0
        self.step = "not begun"

    def play(self) -> None:
        """All of it; what was done before is not done again. Raises ApiError, AssertionError."""
        self.hand_over()
        self.ask()
        self.answer()
        self.answer_comes()
        self.complete()
        self.close()

    def play_without_question(self) -> None:
        self.hand_over()
        self.complete()
        self.close()

    def register(self) -> None:
        self.step = "register"
        customer = self._partners.customer
        made = self._api(CUSTOMER).post(
            "requests",
            {
                "subject": f"Case {self.key}",
                "category": "incident",
                "impact": "low",
                "service_instance_id": customer.instance_id,
                "note": self._says("it is slow"),
                "source": "faults",
                "sourceID": self.key,
            },
        )
        self.request_id = made["id"]

    def hand_over(self) -> None:
        self.register()
        self.step = "hand over"
        lead = self._partners.lead
        self._edit(
            CUSTOMER,
            {"service_instance_id": lead.instance_id},
            lambda request: request["service_instance"]["id"] == lead.instance_id,
        )

    def arrived(self) -> None:
        """Waits until the provider's request is known to the customer."""
        self.step = "arrive"

        def known() -> bool:
            self.remote_id = int(self._request(CUSTOMER)["supplier_requestID"] or 0)
            return bool(self.remote_id)

        self._waits(known)

    def ask(self) -> None:
        """The provider asks, and the customer has the question."""
        self.arrived()
        self.step = "ask"
        self._edit(
            PROVIDER,
            {"status": "waiting_for_customer", "note": self._says("since when?")},
            lambda request: request["status"] == "waiting_for_customer",
        )
        self.step = "question comes"
        self._waits(lambda: self.turn() == "asked")

    def answer(self) -> None:
        self.step = "answer"
        self._gives_back("since monday", lambda: self.turn() != "asked")

    def answer_comes(self) -> None:
        self.step = "answer comes"
        self._waits(lambda: self._request(PROVIDER)["status"] == "assigned")

    def complete(self) -> None:
        self.arrived()
        self.step = "complete"
        self._solves(PROVIDER, "mended")
        self.step = "return"
        self._waits(lambda: self.turn() == "returned")

    def adds_note(self, text: str) -> None:
        """By the customer's account."""
        self._api(CUSTOMER).post(f"requests/{self.request_id}/notes", {"text": self._says(text)})

    def notes_come(self) -> None:
        """Waits until the provider has all that was said: what it says next stands after it on both sides."""
        self.arrived()
        self.step = "notes come"

        def come() -> bool:
            notes = self._api(PROVIDER).get(f"requests/{self.remote_id}/notes", per_page=100)
            return {note["text"] for note in notes} >= set(self.said)

        self._waits(come)

    def rejects_the_solution(self) -> None:
        self.step = "reopen"
        self._gives_back("still slow", lambda: self.turn() == "with")

    def close(self) -> None:
        self.step = "close"
        self._solves(CUSTOMER, "thank you")
        self.step = "closed"

    def turn(self) -> str:
        """Whose turn it is, as the customer's account has it."""
        handover = self._api(CUSTOMER).get(f"handovers/{self.request_id}")
        return str(handover["providers"][0]["turn"])

    def wrong(self) -> list[str]:
        """What the two accounts disagree about, or have lost or doubled; empty when nothing is in flight and
        all is well.
        """
        if not self.remote_id:
            return [f"case {self.key} was not taken ({self.step})"]
        with self._partners[CUSTOMER].api() as ours, self._partners[PROVIDER].api() as theirs:
            customer = read_copy(ours, CUSTOMER, self.request_id)
            provider = read_copy(theirs, PROVIDER, self.remote_id)
        found = list(disagreements(customer, provider))
        for copy in (customer, provider):
            times = Counter(note["text"] for note in copy.notes)
            found += [
                f"{copy.account} has {times[text]} times {text!r}" for text in self.said if times[text] != 1
            ]
            found += [f"{copy.account} has {n} times {text!r}" for text, n in times.items() if n > 1]
            said = [note["text"] for note in copy.notes if note["text"] in self.said]
            if times.keys() >= set(self.said) and said != self.said:
                found.append(f"{copy.account} has the notes out of order: {said}")
        return [f"case {self.key} ({self.step}): {each}" for each in found]

    def _says(self, text: str) -> str:
        note = f"{self.key}: {text}"
        if note not in self.said:
            self.said.append(note)
        return note

    def _api(self, account: str) -> Patient:
        return self._partners.api(account)

    def _id(self, account: str) -> int:
        return self.request_id if account == CUSTOMER else self.remote_id

    def _request(self, account: str) -> dict[str, Any]:
        request: dict[str, Any] = self._api(account).get(f"requests/{self._id(account)}")
        return request

    def _gives_back(self, text: str, done: Callable[[], bool]) -> None:
        """To the provider's team, with a note."""
        changes = {"team_id": self._partners.lead.team_id, "note": self._says(text)}
        self._api(CUSTOMER).patch(f"requests/{self.request_id}", changes, done)

    def _solves(self, account: str, text: str) -> None:
        """Completes it, with a note that is not among `said`."""
        self._edit(
            account,
            {"status": "completed", "completion_reason": "solved", "note": f"{self.key}: {text}"},
            lambda request: request["status"] == "completed",
        )

    def _edit(self, account: str, changes: Mapping[str, Any], done: Any) -> None:
        self._api(account).patch(
            f"requests/{self._id(account)}", changes, lambda: done(self._request(account))
        )

    def _waits(self, condition: Any) -> None:
        assert holds_within(condition, QUIET_SECONDS, 0.3), f"case {self.key}: {self.step} did not happen"


@contextmanager
def playing(cases: Sequence[Case], play: Callable[[Case], None], at_a_time: int = 6) -> Iterator[None]:
    """Plays the cases, several at a time, while the caller does something to them; waits until all have
    ended. Raises the first failure.
    """
    with ThreadPoolExecutor(at_a_time) as pool:
        games = [pool.submit(play, case) for case in cases]
        try:
            yield
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        for game in games:
            game.result()
