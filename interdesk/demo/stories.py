"""Whom each account knows, and the main job as three stories. Each step says who does what, and what every
side must see then.

Each account has its own clock of its own SLA: the customer's is the end-to-end clock.
"""

from __future__ import annotations

from interdesk.demo.teller import Teller

WIDGET, GIGATERA, GLOBALNET = "widget", "gigatera", "globalnet"


def tell_all(teller: Teller) -> None:
    """Raises StoryBroken, ApiError."""
    all_organizations(teller)
    there_and_back(teller)
    question_and_answer(teller)
    along_a_chain(teller)


def all_organizations(teller: Teller) -> None:
    """Each account has the contact cards of those it works with, though nobody wrote them down there."""
    teller.story("Who is in All Organizations")
    teller.knows(WIDGET, GIGATERA, GLOBALNET)
    teller.knows(GIGATERA, WIDGET, GLOBALNET)
    teller.knows(GLOBALNET, WIDGET, GIGATERA)


def there_and_back(teller: Teller) -> None:
    """A provider completes: the request comes back by itself to the team and member that handed it over."""
    teller.story("To the provider and back")
    _handed_to_gigatera(teller, "The shop answers with error 502", "Customers cannot check out since 9:40.")
    teller.does(GIGATERA, "starts to work on it", status="in_progress")
    teller.sees(GIGATERA, status="in_progress", member=teller.name(GIGATERA))
    teller.sees(WIDGET, status="in_progress", team=_team(teller, GIGATERA), listed="open")
    _completed_by_gigatera(teller, "Replaced a faulty load balancer. Please check a purchase.")
    teller.end_user_sees(WIDGET, status="assigned", completion_reason=None, hidden=["load balancer"])
    teller.does(
        WIDGET,
        "verifies it and completes the request, in words for the end user",
        status="completed",
        completion_reason="workaround",
        note="The shop works again.",
    )
    _each_keeps_its_own(teller, widget="workaround", gigatera="solved")
    teller.end_user_sees(
        WIDGET, status="completed", notes=["The shop works again."], hidden=["load balancer"]
    )


def question_and_answer(teller: Teller) -> None:
    """A provider waits for its customer: the request is with the team that handed it over. The provider's
    clock stands, the customer's runs."""
    teller.story("A question to the customer, and its answer")
    _handed_to_gigatera(teller, "Invoices are sent twice", "Some buyers get two invoices.")
    question, answer = "Which order numbers are affected?", "Orders 1041 to 1056."
    teller.does(GIGATERA, "takes it on", status="in_progress")
    teller.does(GIGATERA, "asks the customer", status="waiting_for_customer", note=question)
    teller.sees(
        GIGATERA,
        status="waiting_for_customer",
        listed="open",
        clock="stands",
        notes=[question],
    )
    _back_with_widget(teller, notes=[question])
    provider_team = _provider_team(teller, WIDGET, GIGATERA)
    teller.does(
        WIDGET, "answers, by giving it back to the provider's team", team_id=provider_team, note=answer
    )
    teller.sees(
        GIGATERA,
        status="assigned",
        member=teller.name(GIGATERA),
        notes=[answer],
        listed="open",
        clock="runs",
    )
    teller.sees(WIDGET, status="assigned", team=_team(teller, GIGATERA), listed="open", clock="runs")
    teller.shows()
    _completed_by_gigatera(teller, "Sixteen duplicates withdrawn; the job now runs once.")
    teller.does(
        WIDGET,
        "accepts and completes",
        status="completed",
        completion_reason="solved",
        note="Nobody gets an invoice twice any more.",
    )
    _each_keeps_its_own(teller, widget="solved", gigatera="solved")


def along_a_chain(teller: Teller) -> None:
    """The provider hands on to a provider of its own: the request comes back hop by hop. The one in the
    middle is not charged for what the one below takes."""
    teller.story("Along a chain of three, and back hop by hop")
    _handed_to_gigatera(teller, "The shop is slow in Asia", "Pages take ten seconds from Tokyo.")
    teller.does(GIGATERA, "takes it on and finds the network to blame", status="in_progress")
    teller.sees(WIDGET, status="in_progress", team=_team(teller, GIGATERA))
    teller.does(
        GIGATERA,
        "hands it on to GlobalNet, by its service instance",
        service_instance_id=teller.stands[GIGATERA].providers[GLOBALNET],
        note="Packet loss between Amsterdam and Tokyo; traces attached to the maintenance log.",
    )
    teller.arrives(GIGATERA, GLOBALNET)
    teller.sees(GLOBALNET, status="assigned", team=_team(teller, GLOBALNET), listed="open", clock="runs")
    teller.sees(GIGATERA, team=_team(teller, GLOBALNET), supplier="GlobalNet", listed="open", clock="stands")
    teller.sees(WIDGET, team=_team(teller, GIGATERA), supplier="GigaTera", listed="open", clock="runs")
    teller.shows()
    teller.does(GLOBALNET, "works on it", status="in_progress")
    teller.sees(GLOBALNET, status="in_progress", member=teller.name(GLOBALNET))
    teller.does(
        GLOBALNET,
        "completes it",
        status="completed",
        completion_reason="solved",
        note="A router in Frankfurt was replaced.",
    )
    teller.sees(GLOBALNET, status="completed", completion_reason="solved", listed="completed", clock="over")
    teller.sees(
        GIGATERA,
        status="assigned",
        team=_team(teller, GIGATERA),
        member=teller.name(GIGATERA),
        completion_reason=None,
        listed="open",
        clock="runs",
        notes=["A router in Frankfurt was replaced."],
    )
    teller.sees(WIDGET, team=_team(teller, GIGATERA), completion_reason=None, listed="open", clock="runs")
    teller.shows()
    _completed_by_gigatera(teller, "The way to Asia is fast again.")
    teller.does(
        WIDGET,
        "verifies and completes",
        status="completed",
        completion_reason="solved",
        note="The shop is fast in Asia again.",
    )
    _each_keeps_its_own(teller, widget="solved", gigatera="solved", globalnet="solved")


def _handed_to_gigatera(teller: Teller, subject: str, note: str) -> None:
    widget = teller.stands[WIDGET]
    teller.registers(
        WIDGET,
        "end_user",
        f"registers: {subject}",
        subject=subject,
        category="incident",
        impact="high",
        service_instance_id=widget.instance_id,
        note=note,
    )
    teller.sees(WIDGET, status="assigned", team=_team(teller, WIDGET), listed="open", notes=[note])
    teller.does(WIDGET, "takes it on", status="accepted")
    teller.sees(WIDGET, status="accepted", member=teller.name(WIDGET))
    teller.does(
        WIDGET,
        "hands it over to GigaTera, by its service instance",
        service_instance_id=widget.providers[GIGATERA],
    )
    teller.arrives(WIDGET, GIGATERA)
    teller.sees(
        GIGATERA, status="assigned", team=_team(teller, GIGATERA), listed="open", clock="runs", notes=[note]
    )
    teller.sees(
        WIDGET,
        status="assigned",
        team=_team(teller, GIGATERA),
        supplier="GigaTera",
        listed="open",
        clock="runs",
    )
    teller.shows()


def _completed_by_gigatera(teller: Teller, solution: str) -> None:
    teller.does(GIGATERA, "completes it", status="completed", completion_reason="solved", note=solution)
    teller.sees(GIGATERA, status="completed", completion_reason="solved", listed="completed", clock="over")
    _back_with_widget(teller, notes=[solution])


def _back_with_widget(teller: Teller, notes: list[str]) -> None:
    """Open at the customer, with the team and the member that handed it over."""
    teller.sees(
        WIDGET,
        status="assigned",
        team=_team(teller, WIDGET),
        member=teller.name(WIDGET),
        completion_reason=None,
        completed_at=None,
        listed="open",
        clock="runs",
        notes=notes,
    )
    teller.shows()


def _each_keeps_its_own(teller: Teller, **reasons: str) -> None:
    for account, reason in reasons.items():
        teller.sees(
            account,
            status="completed",
            completion_reason=reason,
            listed="completed",
            clock="over",
        )
    teller.shows()


def _team(teller: Teller, account: str) -> str:
    return teller.stands[account].cast.provided.team


def _provider_team(teller: Teller, customer: str, provider: str) -> int:
    """The provider's team as the customer's account names it: that of the service instance."""
    instance_id = teller.stands[customer].providers[provider]
    instance = teller.api(customer).get(f"service_instances/{instance_id}")
    return int(instance["support_team"]["id"])
