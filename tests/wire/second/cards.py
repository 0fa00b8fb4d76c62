"""Contact cards, ours and the partner's: section 9 of docs/partner-protocol.md."""

from __future__ import annotations

from typing import Any

from tests.wire.second.sealing import Json
from tests.wire.second.talk import Talk
from tests.wire.second.threads import SUPERSEDED, Refused, Sent, Thread

OWN_ID = 1
CONTACT = {"label": "service desk", "telephone": "+31 20 555 0200", "email": None, "website": None}


class Cards(Talk):
    """Shows the card of the organization that the account is, and keeps those that it is shown."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.contacts: list[Json] = [CONTACT]
        self.cards: dict[int, Json] = {}  # the partner's, by its ids: the last word, with its thread
        self.trust_thread: Thread | None = None
        self._shown: Thread | None = None
        self._revision = 0

    def entitled(self) -> bool:
        """Whether an active agreement shows our card to the partner."""
        raise NotImplementedError

    def publish(self) -> Sent:
        """The whole card, as it is now."""
        self._shown = self._shown or self.open("card")
        return self.say(self._shown, "organization.published.v1", self.card())

    def card(self) -> Json:
        self._revision += 1
        return {
            "organization": {"id": OWN_ID, "name": f"{self.account.title()} International"},
            "of_account": True,
            "revision": [1, self._revision],
            "picture": None,
            "addresses": [],
            "contacts": self.contacts,
        }

    def withdraw(self) -> Sent:
        assert self._shown is not None
        self._revision += 1
        body = {"organization_id": OWN_ID, "revision": [1, self._revision]}
        return self.say(self._shown, "organization.withdrawn.v1", body)

    def ask_for_card(self, organization_id: int | None) -> Sent:
        """Asks for a card of the partner's."""
        assert self.trust_thread is not None
        return self.say(self.trust_thread, "organization.asked.v1", {"organization_id": organization_id})

    def _hear_organization_published(self, thread: Thread, message: Json) -> str | None:
        return self._word(thread, message["body"]["organization"]["id"], message["body"])

    def _hear_organization_withdrawn(self, thread: Thread, message: Json) -> str | None:
        return self._word(thread, message["body"]["organization_id"], message["body"])

    def _word(self, thread: Thread, id: int, body: Json) -> str | None:
        """The one with the higher revision counts, whatever thread it came in."""
        known = self.cards.get(id)
        if known is not None and body["revision"] <= known["revision"]:
            if thread.id != known["thread"] and thread.applied == 0:
                raise Refused("superseded_card")
            return SUPERSEDED
        self.cards[id] = {**body, "thread": thread.id}
        return None

    def _hear_organization_asked(self, thread: Thread, message: Json) -> str | None:
        if message["body"]["organization_id"] not in (None, OWN_ID) or not self.entitled():
            raise Refused("not_entitled")
        self.publish()
        return None
