"""What must be true of the partners when they are left alone: nothing in flight, nothing lost or doubled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from interdesk.replay.agreement import parked
from interdesk.services import STORING
from interdesk.waiting import holds_within
from tests.faults.cases import Case
from tests.faults.partners import QUIET_SECONDS, THIRD, Partners


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


def not_followed(partners: Partners, account: str) -> list[str]:
    """The requests that affected SLAs are behind of."""
    followed = {
        one["_id"]: one["n"] for one in partners.stored(account, "slas")["situations"].find({}, {"n": 1})
    }
    requests = partners.stored(account, "requests")["requests"].find({}, {"situations": 1})
    return [
        f"{account}: request {one['_id']} is followed to {followed.get(one['_id'], 0)} of {one['situations']}"
        for one in requests
        if followed.get(one["_id"], 0) != one["situations"]
    ]


def not_told(partners: Partners, account: str) -> list[str]:
    """The requests whose inbox entries are behind, or are not those that are open."""
    database = partners.stored(account, "notifications")
    tellings = {one["_id"]: one for one in database["tellings"].find({})}
    shown: dict[int, set[int]] = {}
    for entry in database["inbox_entries"].find({"open": True}):
        shown.setdefault(entry["request_id"], set()).add(entry["_id"])
    wrong = []
    for one in partners.stored(account, "requests")["requests"].find({}, {"situations": 1}):
        telling = tellings.get(one["_id"], {"situation": {"n": 0}, "open": []})
        if telling["situation"]["n"] != one["situations"]:
            wrong.append(f"{account}: request {one['_id']} is told to {telling['situation']['n']}")
        elif {each["id"] for each in telling["open"]} != shown.get(one["_id"], set()):
            wrong.append(f"{account}: the entries of request {one['_id']} are {shown.get(one['_id'])}")
    return wrong


def not_counted(partners: Partners, account: str) -> list[str]:
    """The requests and notes that the rows of reports are behind of."""
    kept, counted = (partners.stored(account, service) for service in ("requests", "reporting"))
    rows = {one["_id"]: one["status"] for one in counted["request_rows"].find({}, {"status": 1})}
    wrong = [
        f"{account}: request {one['_id']} is counted as {rows.get(one['_id'])}"
        for one in kept["requests"].find({}, {"status": 1})
        if rows.get(one["_id"]) != one["status"]
    ]
    notes, noted = (
        {one["_id"] for one in database[name].find({}, {"_id": 1})}
        for database, name in ((kept, "notes"), (counted, "note_rows"))
    )
    return wrong + [f"{account}: note {id} is not counted" for id in notes - noted]
