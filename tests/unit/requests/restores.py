"""An account is restored from a backup: handover.md section 7, as far as the model sees it."""

from dataclasses import dataclass

from services.requests import model
from tests.unit.requests.accounts import Account
from tests.unit.requests.federation import Federation, Letter


@dataclass(frozen=True)
class Backup:
    """One account as it was: its records, its places in the threads, and what it had sent that was not there
    yet.
    """

    account: Account
    places: dict[tuple[str, str], int]
    outbox: list[Letter]
    incarnations: dict[str, int]


def back_up(federation: Federation, name: str) -> Backup:
    places = {way: place for way, place in federation.applied.items() if way[1] == name}
    outbox = [
        letter for letter in federation.all_sent if letter.sender == name and not federation.has(letter)
    ]
    incarnations = {other: account.incarnation for other, account in federation.accounts.items()}
    return Backup(federation[name].copy(), places, outbox, incarnations)


def can_restore(federation: Federation, backup: Backup) -> bool:
    """A hand-over that was first given after the backup is unknown to its giver: that is an operator's
    matter.
    """
    now = federation[backup.account.id]
    return all(
        backup.account.by_thread(link.thread) for request in now.requests.values() for link in request.below
    )


def restore(federation: Federation, backup: Backup) -> None:
    """handover.md section 7: a new incarnation, what was missed is sent again, and both sides restate."""
    name, lost = backup.account.id, federation[backup.account.id]
    account = backup.account.copy()
    account.ids, account.minutes, account.introduced = lost.ids, lost.minutes, lost.introduced
    account.incarnation = lost.incarnation + 1
    federation.accounts[name] = account
    federation.restored = True
    federation.on_the_way = [
        letter for letter in federation.on_the_way if name not in (letter.sender, letter.recipient)
    ]
    unheard = [
        letter.message
        for letter in backup.outbox
        if letter.incarnation == lost.incarnation and not federation.has(letter)
    ]
    for way in {(letter.thread, letter.recipient) for letter in federation.all_sent if letter.sender == name}:
        federation.sent[way] = federation.applied[way] = 0
        federation.waiting.pop(way, None)
    for letter in federation.all_sent:
        if letter.recipient == name and letter.incarnation == federation[letter.sender].incarnation:
            way = (letter.thread, name)
            same = backup.incarnations[letter.sender] == letter.incarnation
            federation.applied[way] = backup.places.get(way, 0) if same else 0
            federation.waiting.pop(way, None)
            if not federation.has(letter):
                federation.on_the_way.append(letter)
    for message in unheard:
        federation.post_letter(account, message)
    for side in federation.accounts.values():
        for thread, partner in _threads(side):
            if name in (side.id, partner):
                request = side.by_thread(thread)
                assert request is not None
                federation.save(side, model.state_again(request, thread, side.context()))


def _threads(account: Account) -> list[tuple[str, str]]:
    found = []
    for request in account.requests.values():
        found += [(link.thread, link.partner) for link in request.below]
        if request.above is not None:
            found.append((request.above.thread, request.above.partner))
    return found
