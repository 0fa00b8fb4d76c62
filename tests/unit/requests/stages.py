"""Where plays begin, and how they are read."""

from services.requests import model
from services.requests.model import Status, Step, Turn
from tests.unit.requests.accounts import NETWORK, SPECIALIST
from tests.unit.requests.federation import Federation


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
