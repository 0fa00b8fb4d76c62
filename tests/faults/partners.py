"""Two accounts that hand requests over to each other, on processes that can be killed; and what must be true
of them when they are left alone.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo.database

from interdesk.accounts import AccountSpec
from interdesk.database import Database, database_name
from interdesk.deployment import LocalDeployment
from interdesk.hosting import Mode
from interdesk.local_account import LocalAccount
from interdesk.replay.agreement import disagreements, parked, read_copy
from interdesk.replay.lines import Line, Needs, set_up
from interdesk.services import STORING
from interdesk.waiting import holds_within
from tests.faults.patient import Patient

Stored = pymongo.database.Database[dict[str, Any]]

CUSTOMER, PROVIDER, THIRD = "widget", "gigatera", "globalnet"
TEAM, MEMBER = "Operations", "Olga"
QUIET_SECONDS = 100.0

SETTINGS = {
    "INTERDESK_RATE_LIMIT_PER_HOUR": "1000000000",
    "INTERDESK_RATE_LIMIT_BURST": "1000000000",
    "INTERDESK_RETRY_MIN_SECONDS": "1",
    "INTERDESK_RETRY_MAX_SECONDS": "4",
    "INTERDESK_SWEEP_SECONDS": "1",
    "INTERDESK_LEASE_SECONDS": "5",
    "INTERDESK_LOG_LEVEL": "warning",
}


class Partners:
    """The customer's and the provider's account of a deployment, furnished. `third` has no agreements."""

    def __init__(self, deployment: LocalDeployment, lines: Mapping[str, Line]) -> None:
        self.deployment = deployment
        self.lines = lines
        self.customer, self.provider = lines[CUSTOMER], lines[PROVIDER]
        # Deliveries that a test has had refused on purpose.
        self.known_refusals: set[str] = set()
        self._local = threading.local()
        assert deployment.database is not None
        self.database: Database = deployment.database
        self._documents = self.database.administrator()

    def __getitem__(self, account: str) -> LocalAccount:
        return self.deployment.accounts[account]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.deployment.accounts)

    @property
    def lead(self) -> Any:
        """The provider's service instance and team, as the customer's account names them."""
        return self.customer.leads[PROVIDER]

    def api(self, account: str) -> Patient:
        """The administrator's, who is a specialist too; one for each thread."""
        known: dict[str, Patient] = self._local.__dict__.setdefault("apis", {})
        if account not in known:
            known[account] = Patient(self[account].api())
        return known[account]

    def stored(self, account: str, service: str) -> Stored:
        """A service's database, as the server's administrator sees it."""
        return self._documents.get_database(database_name(account, service))

    def close(self) -> None:
        self._documents.close()


@contextmanager
def partners_up(
    directory: Path,
    *,
    third: bool = False,
    processes: Mode = "service",
    durable: bool = True,
    broker: str = "shared",
    environ: Mapping[str, str] | None = None,
) -> Iterator[Partners]:
    """The accounts up, furnished and agreed; gone afterwards."""
    settings = {**SETTINGS, **(environ or {})}
    ids = (CUSTOMER, PROVIDER, *((THIRD,) if third else ()))
    specs = [AccountSpec(id, id.title(), f"{id}.example", broker=broker, environ=settings) for id in ids]
    needs = [
        Needs(CUSTOMER, (TEAM,), (MEMBER,), (PROVIDER,)),
        Needs(PROVIDER, (TEAM,), (MEMBER,), ()),
    ]
    with LocalDeployment(directory, specs, processes=processes, durable=durable) as deployment:
        partners = Partners(deployment, set_up(needs, deployment.accounts))
        try:
            yield partners
        finally:
            partners.close()


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
        self._partners.api(CUSTOMER).patch(
            f"requests/{self.request_id}",
            {"team_id": self._partners.lead.team_id, "note": self._says("since monday")},
            lambda: self.turn() != "asked",
        )

    def answer_comes(self) -> None:
        self.step = "answer comes"
        self._waits(lambda: self._request(PROVIDER)["status"] == "assigned")

    def complete(self) -> None:
        self.arrived()
        self.step = "complete"
        self._edit(
            PROVIDER,
            {"status": "completed", "completion_reason": "solved", "note": f"{self.key}: mended"},
            lambda request: request["status"] == "completed",
        )
        self.step = "return"
        self._waits(lambda: self.turn() == "returned")

    def adds_note(self, text: str) -> None:
        """By the customer's account."""
        self._api(CUSTOMER).post(f"requests/{self.request_id}/notes", {"text": self._says(text)})

    def rejects_the_solution(self) -> None:
        self.step = "reopen"
        changes = {"team_id": self._partners.lead.team_id, "note": self._says("still slow")}
        self._api(CUSTOMER).patch(f"requests/{self.request_id}", changes, lambda: self.turn() == "with")

    def close(self) -> None:
        self.step = "close"
        self._edit(
            CUSTOMER,
            {"status": "completed", "completion_reason": "solved", "note": f"{self.key}: thank you"},
            lambda request: request["status"] == "completed",
        )
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


def must_agree(partners: Partners, cases: Iterable[Case], accounts: Sequence[str] = ()) -> None:
    """Waits until nothing is in flight; then every case agrees, nothing is parked, every copy is of the
    newest version.
    """
    names = accounts or partners.names
    await_quiet(partners, names)
    wrong = [each for case in cases for each in case.wrong()]
    for account in names:
        with partners[account].api() as api:
            wrong += [f"{account} has parked {each}" for each in parked(api)]
        wrong += inside_of(partners, account)
    assert not wrong, "\n".join(wrong)


def await_quiet(partners: Partners, accounts: Sequence[str] = ()) -> None:
    """Waits until every delivery has been accepted, and nothing waits in an outbox or inbox."""
    open_: list[Any] = []

    def quiet() -> bool:
        open_[:] = [each for account in accounts or partners.names for each in _unsettled(partners, account)]
        return not open_

    assert holds_within(quiet, QUIET_SECONDS, 0.5), f"still in flight: {open_[:10]}"


def _unsettled(partners: Partners, account: str) -> list[Any]:
    with partners[account].api() as api:
        found: list[Any] = [
            (account, each["type"], each["state"], each.get("refused_code"))
            for each in api.get_all("deliveries", **_UNSETTLED)
            if each["id"] not in partners.known_refusals and not _of_an_earlier_invitation(each)
        ]
    for service in STORING:
        database = partners.stored(account, service)
        found += [
            (account, service, "waits", row["type"], row.get("code"))
            for row in database["inbox"].find({"state": "waiting"})
        ]
        for name in database.list_collection_names():
            if database[name].count_documents({"unsent": {"$exists": True}}):
                found.append((account, service, name, "unsent"))
    return found


_UNSETTLED = {"state": "queued,sent,held,refused", "fields": "type,state,refused_code", "per_page": 100}


def _of_an_earlier_invitation(delivery: Mapping[str, Any]) -> bool:
    """Who invites again because a process died under the first try makes that first invitation void."""
    void = ("superseded", "unknown_invitation", "invitation_used")
    return bool(delivery["type"].startswith("trust.") and delivery.get("refused_code") in void)


def inside_of(partners: Partners, account: str) -> list[str]:
    """What is wrong within one account: parked events, copies that are older than their originals (where all
    its services run).
    """
    wrong: list[str] = []

    def newest() -> bool:
        wrong[:] = [] if account == THIRD else list(_stale_copies(partners, account))
        return not wrong

    holds_within(newest, 20, 0.5)
    for service in STORING:
        events = partners.stored(account, service)["parked_events"].find()
        wrong += [f"{account}/{service} has parked {each}" for each in events]
    return wrong


_OWNED = {
    "organizations": {
        "organization": "organizations",
        "team": "teams",
        "person": "people",
        "trust": "trusts",
    },
    "slas": {"service_instance": "service_instances"},
}


def _stale_copies(partners: Partners, account: str) -> Iterator[str]:
    for owner, kinds in _OWNED.items():
        for kind, collection in kinds.items():
            originals = _versions(partners.stored(account, owner)[collection])
            for holder in {"requests", "slas"} - {owner}:
                copies = _versions(partners.stored(account, holder)[f"copy_{kind}"])
                for id, version in originals.items():
                    if copies.get(id) != version:
                        yield f"{account}/{holder}: {kind} {id} is of {copies.get(id)}, not {version}"


def _versions(records: Any) -> dict[Any, int]:
    return {one["_id"]: one["version"] for one in records.find({}, {"version": 1})}
