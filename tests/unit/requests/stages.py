"""Where plays begin between widget, the customer, and gigatera, its provider; and how they are read."""

from typing import Any

from services.requests import model
from services.requests.model import WORK, Clock, Request, Status, Step, Turn
from tests.unit.requests.accounts import NETWORK, SPECIALIST, SUPPORT
from tests.unit.requests.federation import Federation

OPEN = [Turn.WITH, Turn.ASKED, Turn.RETURNED, Turn.REFUSED]
CAME_BACK = [Turn.ASKED, Turn.RETURNED, Turn.REFUSED]
WORKING = sorted(WORK - {Status.ASSIGNED})


def registered(**new: Any) -> Federation:
    """Widget's request, registered by its support team."""
    federation = Federation()
    federation.create("widget", **{"team": SUPPORT, **new})
    return federation


def at(turn: Turn) -> Federation:
    """Widget's request, registered by its network team (member Sam), at this turn with gigatera; all is
    quiet.
    """
    federation = Federation()
    federation.create("widget", team=NETWORK, member=SPECIALIST)
    federation.give("widget", "gigatera")
    federation.settle()
    federation.edit("gigatera", status=Status.IN_PROGRESS)
    match turn:
        case Turn.ASKED:
            federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="Which printer?")
        case Turn.RETURNED:
            federation.complete("gigatera", note="Put out.")
        case Turn.REFUSED:
            decline(federation, "gigatera")
    federation.settle()
    return federation


def decline(federation: Federation, name: str) -> None:
    """Declines until nobody of the account is left: first the member, then the team."""
    request = federation.request(name)
    while request.live and model.place(request) is not model.Place.WITH_PROVIDER:
        federation.edit(name, status=Status.DECLINED, note=f"Not ours: {request.note_count}")
        request = federation.request(name)


def turn(federation: Federation, customer: str = "widget", provider: str = "gigatera") -> Turn:
    """Table 3's state."""
    links = [link for link in federation.request(customer).below if link.partner == provider]
    return links[0].turn if links else Turn.ENDED


def sent_by(step: Step) -> list[str]:
    return [f"{message.type.removeprefix('request.')} → {message.partner}" for message in step.outgoing]


def shows_provider(federation: Federation, status: Status = Status.ASSIGNED) -> None:
    """Widget sees it with the provider."""
    request = federation.request("widget")
    assert request.status is status
    assert request.team == federation.partners_team("widget", "gigatera")
    assert model.holder(request) == "gigatera"
    assert model.clock(request) is Clock.RUNNING


def shows_handing_team(federation: Federation) -> None:
    """Widget sees it with the team and member that handed it over."""
    request = federation.request("widget")
    assert (request.status, request.team, request.member) == (Status.ASSIGNED, NETWORK, SPECIALIST)
    assert model.holder(request) == "widget"
    assert model.clock(request) is Clock.RUNNING


def theirs(federation: Federation) -> Request:
    return federation.request("gigatera")


def holder(federation: Federation) -> str:
    """Both sides name the same one."""
    at_gigatera, at_widget = model.holder(theirs(federation)), model.holder(federation.request("widget"))
    assert at_gigatera == at_widget
    return at_gigatera
