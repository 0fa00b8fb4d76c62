"""What must hold when nothing is in flight (handover.md section 4, last paragraph, and the promise of section
1).

`check` drains a copy of a federation and raises `Disagreement` when the two sides of any thread are not an
allowed pair, name another holder, episode or question, or when the holder alone can't bring the request to
its end.
"""

from services.requests import model
from services.requests.model import Above, Below, CompletionReason, Request, Status, Turn
from tests.unit.requests.federation import Disagreement, Federation


def check(federation: Federation) -> None:
    federation = federation.copy()
    federation.settle()
    for customer, link, provider, above in threads(federation):
        _pair(federation, customer, link, provider, above)
    _can_end(federation)


def threads(federation: Federation) -> list[tuple[Request, Below, Request, Above]]:
    """Both sides of every thread that both know."""
    found = []
    for account in federation.accounts.values():
        for request in account.requests.values():
            for link in request.below:
                provider = federation[link.partner].by_thread(link.thread)
                if provider is not None and provider.above is not None:
                    found.append((request, link, provider, provider.above))
    return found


def _pair(federation: Federation, customer: Request, link: Below, provider: Request, above: Above) -> None:
    what = f"{customer.account} {customer.status} {link} / {provider.account} {provider.status} {above}"
    declined = provider.completion_reason is CompletionReason.DECLINED
    allowed = {
        Turn.WITH: provider.working and above.open,
        Turn.ASKED: provider.status is Status.WAITING_FOR_CUSTOMER
        and above.question == link.question
        and above.open,
        Turn.RETURNED: not provider.live and not declined,
        Turn.REFUSED: not provider.live and declined,
        Turn.ENDED: not provider.live,
    }
    _that(allowed[link.turn], f"no allowed pair: {what}")
    _that(link.episode == above.episode, f"not the same episode: {what}")
    _that(link.open or not above.open, f"not the same end: {what}")
    # After a restore a provider's result may stand on an ended episode that the customer has opened again.
    _that(above.open or not link.open or federation.restored, f"not the same end: {what}")
    provider_has_it = above.open and provider.working
    _that((link.turn is Turn.WITH) == provider_has_it, f"not the same holder: {what}")
    _that(customer.live or not link.open, f"a completed request with an open episode: {what}")
    if link.turn is Turn.WITH:
        _mirrored(federation, customer, provider)
    if link.open and above.open:
        _that(customer.core == provider.core, f"not the same core: {customer.core} / {provider.core}")
        # An account that a loop came back to (declined by itself) is told nothing it knows from its own
        # request.
        if not federation.restored and all(
            len(account.requests) < 2 for account in federation.accounts.values()
        ):
            _same_notes(federation, customer, provider)
    _counted(federation, provider, above)


def _mirrored(federation: Federation, customer: Request, provider: Request) -> None:
    _that(customer.status is provider.status, f"mirrors {customer.status}, not {provider.status}")
    _that(customer.waiting_until == provider.waiting_until, "mirrors another waiting_until")
    account = federation[customer.account]
    team, member = model.own_team(provider)
    for shown, kind, real in ((customer.team, "team", team), (customer.member, "person", member)):
        expected = real and account.local(provider.account, kind, {"id": real.id, "name": real.name})
        _that(shown == expected, f"mirrors the {kind} {shown}, not {expected}")


def _same_notes(federation: Federation, customer: Request, provider: Request) -> None:
    """Every public note of the customer is the provider's too; the provider's are the customer's, or its
    specialists'."""
    ours, theirs = (
        federation[customer.account].notes[customer.id],
        federation[provider.account].notes[provider.id],
    )
    public = {note.text for note in ours if note.public}
    known = public | {note.text for note in ours if note.account == provider.account}
    at_provider = [note.text for note in theirs if note.public]
    lost = {
        letter.message.body["note"]["text"]
        for letter in federation.discarded
        if letter.message.body.get("note") is not None
    }
    _that(len(at_provider) == len(set(at_provider)), f"a note came twice: {at_provider}")
    _that(public - lost <= set(at_provider) <= known | lost, f"not the same notes: {public} / {at_provider}")


def _counted(federation: Federation, provider: Request, above: Above) -> None:
    """Rule 8: `reopen_count` is the number of rejected solutions, nothing else."""
    rejected = {
        tuple(letter.message.body["episode"])
        for letter in federation.all_sent
        if letter.thread == above.thread and letter.message.type == "request.reopened"
    }
    _that(provider.reopen_count <= len(rejected), "a crossing was counted as a rejected solution")


def _can_end(federation: Federation) -> None:
    """From here on only holders act: each completes, it returns to the next, and the origin's ends."""
    origin = next(request for request in federation["widget"].requests.values() if request.above is None)
    for _ in range(len(federation.accounts) + 1):
        request = federation["widget"].requests[origin.id]
        if not request.live:
            return
        holder = model.holder(request)
        while (link := request.link) is not None and holder != request.account:
            below = federation[link.partner].by_thread(link.thread)
            _that(below is not None, f"{request.account} waits for {link.partner}, which has nothing")
            assert below is not None
            request, holder = below, model.holder(below)
        _that(holder == request.account, f"{request.account} names {holder}, who names nobody")
        federation.complete(request.account, request_id=request.id, note=f"ended by {request.account}")
        federation.settle()
    raise Disagreement("the holders cannot bring it to its end")


def _that(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Disagreement(otherwise)
