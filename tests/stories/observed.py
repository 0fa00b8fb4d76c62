"""What a provider holds for its customer's organization, and shows to its representatives."""

from __future__ import annotations

from interdesk.api import Api
from interdesk.demo.setting import new_token
from tests.stories.sides import Desks, Record

CANARY = "for our own people only"


def sla_with(api: Api, customer: str) -> Record:
    """The provider's SLA for the customer's account."""
    slas = api.get_all("slas", fields="name,customer,customer_account,represented_by")
    found: list[Record] = [each for each in slas if (each["customer_account"] or {}).get("id") == customer]
    return found[0]


def shown(api: Api, subject: str) -> list[Record]:
    """What All Requests has of this subject."""
    found: list[Record] = api.get("requests/all_requests", subject=subject, fields="*")
    return found


def registered(desks: Desks, subject: str) -> tuple[Api, int]:
    """A request at GigaTera, by its service desk analyst, for somebody of Widget's organization."""
    gigatera, stand = desks.api("gigatera", "admin"), desks.stands["gigatera"]
    organization = gigatera.post("organizations", {"name": "Widget, as we know it"})["id"]
    gigatera.patch(f"slas/{sla_with(gigatera, 'widget')['id']}", {"customer_id": organization})
    names = {"analyst": None, "caller": organization}
    people = {
        name: gigatera.post(
            "people",
            {
                "name": f"{name} of {subject}",
                "primary_email": f"{name}.{organization}.observed@gigatera.example",
                **({"organization_id": of} if of else {}),
            },
        )["id"]
        for name, of in names.items()
    }
    roles = {"roles": ["specialist", "service_desk_analyst"]}
    gigatera.patch(f"people/{people['analyst']}/permissions", roles)
    stand.tokens["analyst"] = new_token(gigatera, people["analyst"], subject)
    analyst = desks.api("gigatera", "analyst")
    made = analyst.post(
        "requests",
        {
            "subject": subject,
            "category": "incident",
            "impact": "high",
            "requested_for_id": people["caller"],
            "service_instance_id": stand.instance_id,
            "note": "It stops at page 3.",
            "internal_note": CANARY,
        },
    )
    return analyst, int(made["id"])
