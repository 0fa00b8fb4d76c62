"""Only what is meant for a partner crosses the border: every other text of both accounts holds a canary, a
request lives its whole life between them, and of all that was sealed, receipts too, no byte shows one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
from joserfc.util import urlsafe_b64decode
from marshmallow import Schema

from interdesk.services import STORING
from services.common.fields import Text
from services.federation.files import COMING
from services.organizations.schemas import records
from services.requests.schemas import RequestInputSchema
from services.slas import schemas as slas
from tests.faults.at_rest import await_quiet
from tests.faults.cases import Case
from tests.faults.partners import CUSTOMER, PROVIDER, Partners, partners_up
from tests.security.decided import CROSSES
from tests.security.kept import CANARY, FORM, OWN_FIELDS, attached, content_of, keep_overlays
from tests.uploads import uploaded
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SHARED = b"What is on the disk\n" * 9

# What is taken of each resource, and which texts of it a partner may read.
TAKEN: Mapping[str, tuple[type[Schema], frozenset[str]]] = {
    "organizations": (records.OrganizationInputSchema, CROSSES["organizations"]),
    "people": (records.PersonInputSchema, CROSSES["people"]),
    "teams": (records.TeamInputSchema, CROSSES["teams"]),
    "sites": (records.SiteInputSchema, CROSSES["sites"]),
    "services": (slas.ServiceInputSchema, frozenset({"name"})),
    "service_instances": (slas.ServiceInstanceInputSchema, frozenset({"name"})),
    "service_offerings": (slas.ServiceOfferingInputSchema, frozenset({"name"})),
    "sla_notification_schemes": (slas.SlaNotificationSchemeInputSchema, frozenset()),
    "waiting_for_customer_follow_ups": (slas.WaitingForCustomerFollowUpInputSchema, frozenset()),
    "slas": (slas.SlaInputSchema, frozenset({"name", "customer_account_id"})),
    "flsas": (slas.FlsaInputSchema, frozenset({"name", "customer_account_id"})),
    "requests": (RequestInputSchema, frozenset({"subject", "note", "supplier_requestID"})),
}


# A way to reach somebody, and where he is: told of an organization, of nobody else.
CARD = "told on the card"
CONTACTS = [{"label": CARD, "telephone": "+1 555 0100"}, {"label": CARD, "email": "desk@widget.example"}]
ADDRESSES = [{"label": CARD, "address": CARD, "city": CARD, "state": CARD, "zip": "1234", "country": "NL"}]
HIDDEN = {
    "contacts": [
        {"label": CANARY, "telephone": CANARY},
        {"label": CANARY, "email": f"{CANARY}@widget.example"},
    ],
    "addresses": [{"label": CANARY, "address": CANARY, "city": CANARY, "state": CANARY, "zip": CANARY}],
    "picture_uri": f"https://{CANARY}.example/face.png",
}
SHOWN = {"contacts": CONTACTS, "addresses": ADDRESSES, "picture_uri": "https://card.example/logo.png"}
DETAILS = {
    "organizations": SHOWN,
    "people": {**HIDDEN, "time_zone": "Antarctica/Troll", "locale": "rm-CH", "cost_per_hour": "98765.43"},
    "teams": {"picture_uri": HIDDEN["picture_uri"], "time_zone": "Antarctica/Troll"},
    "sites": {"picture_uri": HIDDEN["picture_uri"], "time_zone": "Antarctica/Troll"},
}
CATEGORIES = {"organizations": "organization", "people": "person", "teams": "team", "sites": "site"}
# What has a value of its own kind, which is a canary too.
CANARIES = (CANARY, "Antarctica/Troll", "rm-CH", "98765.43")


def private(resource: str) -> dict[str, str]:
    """Every text of the resource that is not for partners, with a canary of its own."""
    schema, shared = TAKEN[resource]
    texts = {name for name, field in schema().fields.items() if isinstance(field, Text)}
    return {name: f"{CANARY} {name}" for name in texts - shared}


@pytest.fixture(scope="module")
def partners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partners]:
    directory = tmp_path_factory.mktemp("crossing")
    with partners_up(directory, processes="one", durable=False) as partners:
        yield partners


def own(partners: Partners, account: str, resource: str) -> list[dict[str, Any]]:
    """The account's own records, not its copies of a partner's."""
    with partners[account].api() as api:
        shown = "id" if resource == "sites" else "account"  # sites are nobody else's
        found = list(api.get_all(resource, fields=shown))
    return [each for each in found if not each.get("account") or each["account"]["id"] == account]


def test_of_what_is_not_for_partners_no_byte_crosses(partners: Partners) -> None:
    filled = set()
    for account in (CUSTOMER, PROVIDER):
        with partners[account].api() as api:
            api.post("sites", {"name": f"{CANARY} site"})
            for category in CATEGORIES.values():
                form = {"name": f"{CANARY} form", "category": category, "fields": FORM}
                api.post(f"ui_extensions/{api.post('ui_extensions', form)['id']}/activate", {})
    with partners[PROVIDER].api() as api:
        sla = api.get(f"slas/{own(partners, PROVIDER, 'slas')[0]['id']}")
        promised = {"name": "First line", "status": "active", "customer": sla["customer"]}
        desk = api.get("account")["service_desk_team"]
        api.post("flsas", {**promised, "service_desk_team": desk, "customer_account_id": CUSTOMER})
    for account, line in ((CUSTOMER, partners.customer), (PROVIDER, partners.provider)):
        with partners[account].api() as api:
            scheme = api.post("sla_notification_schemes", {"name": "Hurry"})["id"]
            patience = api.post("waiting_for_customer_follow_ups", {"name": "Patience"})["id"]
            leads = {
                "resolution_target_low": 60,
                "resolution_target_low_in_days": None,
                "resolution_target_notification_scheme_low_id": scheme,
                "waiting_for_customer_follow_up_id": patience,
            }
            api.patch(f"service_offerings/{line.offering_id}", leads)
            for resource in set(TAKEN) - {"requests"}:
                if resource in ("slas", "flsas") and account == CUSTOMER:
                    continue  # the provider registers them
                for record in own(partners, account, resource):
                    changes = {name: f"{text} {record['id']}" for name, text in private(resource).items()}
                    details = {**DETAILS[resource], **OWN_FIELDS} if resource in DETAILS else {}
                    if resource == "organizations":
                        details |= attached(partners[account])
                    api.patch(f"{resource}/{record['id']}", {**details, **changes})
                    filled |= {(account, resource)}
        keep_overlays(partners[account])
    case = Case(partners, "what crosses")
    case.hand_over()
    case.arrived()
    for account, id in ((CUSTOMER, case.request_id), (PROVIDER, case.remote_id)):
        with partners[account].api() as api:
            api.patch(f"requests/{id}", private("requests"))
    assert has_come(partners, case, attach(partners, case)) == SHARED
    case.ask()
    case.answer()
    case.answer_comes()
    case.complete()
    case.rejects_the_solution()
    case.answer_comes()
    case.complete()
    case.close()
    show_one(partners)
    await_quiet(partners)

    with partners[CUSTOMER].api() as api:
        assert [each["name"] for each in api.get("flsas/active")] == ["First line"]
    wait_until(lambda: all(cards_told(partners, account) for account in (CUSTOMER, PROVIDER)))
    await_quiet(partners)
    crossed = list(sealed(partners))
    for meant in (b"what crosses", CARD.encode(), b"shown to who represents", b"said to everybody"):
        assert meant in b"".join(crossed), "what is meant for the partner is among these bytes"
    for canary in CANARIES:
        assert [each for each in crossed if canary.encode() in each] == []
    unshared = [each for each in crossed if b"requester_resolution_target_at" in each]
    assert unshared == [], "until when a requester expects it crosses only where an agreement shares it"
    assert {resource for _, resource in filled} == set(TAKEN) - {"requests"}
    kept = partners.stored(PROVIDER, "requests")
    held = [bytes(each["data"]) for each in kept["attachments.chunks"].find()]
    assert [each for each in held if each != content_of(partners[PROVIDER])] == [SHARED]
    assert [each["file"]["name"] for each in kept[COMING.name].find()] == ["shared.log"]


def show_one(partners: Partners) -> None:
    """The provider registers a request for the customer's organization; a representative is shown it, and
    withdraws it."""
    with partners[CUSTOMER].api() as api:
        (sla,) = [each for each in api.get("slas", fields="account") if each.get("account")]
        api.patch(f"slas/{sla['id']}", {"customer_representative_ids": [api.get("me")["id"]]})
    with partners[PROVIDER].api() as api:
        (sla,) = own(partners, PROVIDER, "slas")
        organization = api.post("organizations", {"name": "The customer here", "remarks": CANARY})["id"]
        api.patch(f"slas/{sla['id']}", {"customer_id": organization})
        caller = {"name": "Somebody there", "organization_id": organization, "information": CANARY}
        caller |= {"primary_email": f"{CANARY}@customer.example"}
        shown = {
            "subject": "shown to who represents",
            "category": "incident",
            "impact": "low",
            "note": "said to everybody",
            "requested_for_id": api.post("people", caller)["id"],
            "service_instance_id": partners.provider.instance_id,
        }
        made = api.post("requests", shown)["id"]
        api.patch(f"requests/{made}", {name: f"{text} shown" for name, text in private("requests").items()})
    with partners[CUSTOMER].api() as api:

        def found() -> list[dict[str, Any]]:
            seen: list[dict[str, Any]] = api.get("requests/all_requests", subject=shown["subject"])
            return seen

        wait_until(lambda: len(found()) == 1)
        api.patch(f"requests/{found()[0]['id']}", {"status": "completed", "note": "said by who represents"})
        wait_until(lambda: [each["status"] for each in found()] == ["completed"])


def attach(partners: Partners, case: Case) -> int:
    """Files for the case at the customer: one with a public note, whose id it gives, one with an internal."""
    with partners[CUSTOMER].api() as api:
        made = {}
        for name, content in (("shared.log", SHARED), (f"{CANARY}.log", CANARY.encode() * 9)):
            keys = uploaded(api.url, partners[CUSTOMER].admin_token, name, content)
            note = {"text": "See this", "internal": name != "shared.log", "attachments": keys}
            made[name] = api.post(f"requests/{case.request_id}/notes", note)["id"]
    return int(made["shared.log"])


def has_come(partners: Partners, case: Case, note_id: int) -> bytes:
    """What the provider gets of the file of the customer's note, as the customer is told that it has."""
    with partners[CUSTOMER].api() as api, partners[PROVIDER].api() as other:

        def told() -> bool:
            (file,) = api.get(f"notes/{note_id}")["attachments"]
            return [each["state"] for each in file.get("offered", ())] == ["here"]

        wait_until(told)
        notes = other.get(f"requests/{case.remote_id}/notes")
        (file,) = [file for note in notes for file in note["attachments"]]
        headers = {"Authorization": f"Bearer {partners[PROVIDER].admin_token}"}
        answer = requests.get(f"{other.url}{file['uri']}", headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.content


def cards_told(partners: Partners, account: str) -> bool:
    """Whether the account has told its card as it was filled."""
    told = partners.stored(account, "organizations")["cards"].find({})
    return any((each["told"] or {}).get("contacts") == CONTACTS for each in told)


def payload_of(seal: bytes) -> bytes:
    return urlsafe_b64decode(seal.split(b".")[1])


def sealed(partners: Partners) -> Iterator[bytes]:
    """The payloads of all that either account has sealed for the other."""
    for account in (CUSTOMER, PROVIDER):
        for service in STORING:
            for row in partners.stored(account, service)["outbox"].find({"sealed": {"$exists": True}}):
                yield payload_of(bytes(row["sealed"]))
                if row.get("receipt"):
                    yield payload_of(bytes(row["receipt"]))
