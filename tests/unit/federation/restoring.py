"""Two accounts in one thread, without a bus: what is said may be late, doubled, out of order or lost, and
each may go back to a backup at any time. The positions are the real ones; the rest follows resuming.py,
deliveries.py and inbox.py, with sets and lists in place of collections.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

from services.federation.thread_errors import AlreadyApplied, Gap, OldIncarnation
from services.federation.threads import Position, Thread, open_thread

UUID = "019b0000-0000-7000-8000-0000000000aa"
ID = f"handover/widget/{UUID}"
Place = tuple[int, int]


@dataclass(frozen=True)
class Said:
    """One message. `text`: what is to have its effect once; `returns`: a message of the recipient's own."""

    sender: str
    incarnation: int
    sequence: int
    prev: str | None
    hash: str
    text: str | None = None
    since: Position | None = None
    applied: Position | None = None
    returns: Said | None = None
    thread: str = ID

    @property
    def place(self) -> Place:
        return self.incarnation, self.sequence


@dataclass(frozen=True)
class Receipt:
    to: str
    place: Place
    final: bool
    applied: Place
    incarnation: int


@dataclass
class Account:
    """One side. `open`: places without an answer, `back`: those of them that are held back; `told`: the texts
    that it knows it said and the other has; `heard`: what it applied, in order.
    """

    name: str
    thread: Thread
    outbox: dict[Place, Said] = field(default_factory=dict)
    open: set[Place] = field(default_factory=set)
    back: set[Place] = field(default_factory=set)
    inbox: dict[Place, Said] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    forgotten_in: dict[Place, int] = field(default_factory=dict)


Letter = Said | Receipt


class World:
    """Both accounts, and what is on the way between them."""

    def __init__(self) -> None:
        ours = open_thread("handover", "widget", "gigatera", UUID)
        theirs = Thread(ID, "handover", "widget")
        self.accounts = {"widget": Account("widget", ours), "gigatera": Account("gigatera", theirs)}
        self.backups = {name: copy.deepcopy(account) for name, account in self.accounts.items()}
        self.way: list[Letter] = []
        self.ever: dict[tuple[str, Place], str] = {}
        self.count = 0
        self.restores = 0

    def other(self, name: str) -> Account:
        return next(account for account in self.accounts.values() if account.name != name)

    # What may happen

    def say(self, name: str) -> None:
        self._say(self.accounts[name], text=f"{name} {self.count}")

    def back_up(self, name: str) -> None:
        self.backups[name] = copy.deepcopy(self.accounts[name])

    def restore(self, name: str) -> None:
        account = self.accounts[name] = copy.deepcopy(self.backups[name])
        self.restores += 1
        account.back |= account.open
        before = account.thread
        account.thread = before.resumed(100 + self.restores)
        self._say(account, since=before.sent, applied=before.applied)

    def deliver(self, number: int, *, again: bool = False) -> None:
        if self.way:
            letter = self.way[number % len(self.way)]
            if not again:
                self.way.remove(letter)
            self._arrives(letter)

    def lose(self, number: int) -> None:
        if self.way:
            del self.way[number % len(self.way)]

    def send_again(self, name: str) -> None:
        """The lowest one without an answer, as after a back-off."""
        account = self.accounts[name]
        if due := sorted(account.open - account.back):
            self.way.append(account.outbox[due[0]])

    def settle(self) -> None:
        """Nothing is lost any more, and nothing new is said."""
        for _ in range(400):
            while self.way:
                self._arrives(self.way.pop(0))
            waiting = [account for account in self.accounts.values() if account.open]
            if not waiting:
                return
            for account in waiting:
                account.back -= set() if account.open - account.back else account.back
                self.send_again(account.name)
        raise AssertionError("the two sides do not come to rest")

    # How it goes on

    def _say(self, account: Account, **what: object) -> None:
        sent = account.thread.sent
        self.count += 1
        message = Said(account.name, sent.incarnation, sent.sequence + 1, sent.hash, f"{self.count:064x}")
        message = replace(message, **what)  # type: ignore[arg-type]
        known = self.ever.setdefault((account.name, message.place), message.hash)
        assert known == message.hash, f"{message.place} was used for something else"
        account.thread = account.thread.after_sending(message.hash)
        account.outbox[message.place] = message
        account.open.add(message.place)
        self.way.append(message)

    def _arrives(self, letter: Letter) -> None:
        if isinstance(letter, Receipt):
            self._answered(self.accounts[letter.to], letter)
            return
        account = self.other(letter.sender)
        account.inbox.setdefault(letter.place, letter)
        assert account.inbox[letter.place].hash == letter.hash
        self._apply(account, letter)
        while following := self._next(account):
            self._apply(account, following)

    def _next(self, account: Account) -> Said | None:
        """What waits in the inbox and can be applied now."""
        for place in sorted(account.inbox):
            try:
                account.thread.advance(account.inbox[place])
            except (AlreadyApplied, Gap, OldIncarnation):
                continue
            return account.inbox[place]
        return None

    def _apply(self, account: Account, message: Said) -> None:
        before = account.thread
        try:
            account.thread = before.advance(message)
        except Gap as gap:
            self._answer(account, message.place, gap.applied.place, final=False)
            return
        except (AlreadyApplied, OldIncarnation):
            self._answer(account, message.place, before.applied.place)
            return
        if message.text is not None:
            account.heard.append(message.text)
        if message.since is not None and message.applied is not None:
            self._resumed(account, before, message, message.since, message.applied)
        if message.returns is not None and message.returns.text is not None:
            account.told.add(message.returns.text)
        self._answer(account, message.place, message.place)

    def _resumed(
        self, account: Account, before: Thread, message: Said, since: Position, applied: Position
    ) -> None:
        forgotten = [place for place in sorted(account.inbox) if since.place < place <= before.applied.place]
        for place in forgotten:
            self._say(account, returns=account.inbox[place])
        again = {place for place in account.outbox if place > applied.place}
        for place in sorted(again):
            account.open.add(place)
            account.forgotten_in[place] = message.incarnation
            self.way.append(account.outbox[place])
        for place in sorted(account.inbox):
            if place <= min(since.place, before.applied.place):
                self._answer(account, place, before.applied.place)

    def _answer(self, account: Account, place: Place, applied: Place, *, final: bool = True) -> None:
        to = self.other(account.name).name
        self.way.append(Receipt(to, place, final, applied, account.thread.sent.incarnation))

    def _answered(self, account: Account, receipt: Receipt) -> None:
        message = account.outbox.get(receipt.place)
        if message is None or receipt.incarnation < account.forgotten_in.get(receipt.place, 0):
            return
        if receipt.final and receipt.place in account.open:
            account.open.discard(receipt.place)
            account.back.discard(receipt.place)
            if message.text is not None:
                account.told.add(message.text)
        elif not receipt.final and receipt.applied[0] < receipt.place[0]:
            for place in sorted(account.back):
                if receipt.applied < place < receipt.place:
                    account.back.discard(place)
                    self.way.append(account.outbox[place])
