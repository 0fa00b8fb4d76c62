"""Section 9: contact cards. Those of the trial need nobody's help; those of the deployment are shown under an
agreement that it has offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from interdesk.conformance.rule import Broken, rule
from interdesk.conformance.rules.handovers import SUPERSEDED, offered
from interdesk.conformance.trial import Trial
from services.common.strict_json import MAX_INTEGER
from services.federation.messages import check_incoming
from services.federation.messages.organizations import ASKED, PUBLISHED, WITHDRAWN
from services.federation.sealing.envelope import Message

_ORGANIZATION: Final = {"id": 7, "name": "Conformance"}


def _card(n: int) -> dict[str, Any]:
    """The card of an organization of the trial, in its nth word."""
    contact = {"label": "office", "telephone": "+31 10 555 0100", "email": None, "website": None}
    told = {"organization": _ORGANIZATION, "of_account": False, "revision": [1, n]}
    return {**told, "picture": None, "addresses": [], "contacts": [contact]}


@rule("9.card", "Of two words on a card the one with the higher revision counts; the other is superseded.")
def card(trial: Trial) -> None:
    trial.understood(PUBLISHED)
    thread = trial.talk.open("card")
    trial.accepted(trial.say(thread, PUBLISHED, _card(1)))
    trial.accepted(trial.say(thread, PUBLISHED, _card(4)))
    trial.accepted(trial.say(thread, PUBLISHED, _card(3)), SUPERSEDED)


@rule("9.card_elsewhere", "An older word on a card opens no other thread about its organization.")
def card_elsewhere(trial: Trial) -> None:
    trial.understood(PUBLISHED)
    trial.accepted(trial.say(trial.talk.open("card"), PUBLISHED, _card(6)))
    trial.refused(trial.say(trial.talk.open("card"), PUBLISHED, _card(5)), "superseded_card")


@rule("9.card_withdrawn", "A card is withdrawn, and published again.")
def card_withdrawn(trial: Trial) -> None:
    trial.understood(PUBLISHED, WITHDRAWN)
    thread = trial.talk.open("card")
    trial.accepted(trial.say(thread, PUBLISHED, _card(11)))
    gone = {"organization_id": _ORGANIZATION["id"], "revision": [1, 12]}
    trial.accepted(trial.say(thread, WITHDRAWN, gone))
    trial.accepted(trial.say(thread, PUBLISHED, _card(13)))


@rule("9.card_not_entitled", "Who asks for a card that no agreement entitles him to is refused.")
def card_not_entitled(trial: Trial) -> None:
    trial.understood(ASKED)
    said = trial.say(trial.trust, ASKED, {"organization_id": MAX_INTEGER})
    trial.refused(said, "not_entitled")


@rule("9.card_shown", "An active agreement brings the card of the provider: what section 6 names, no more.")
def card_shown(trial: Trial) -> None:
    trial.understood(PUBLISHED)
    word = _shown(trial, _provider(trial))
    if more := sorted(set(_not_named(word.body, check_incoming(PUBLISHED, word.body)))):
        raise Broken("name, picture, addresses and contacts alone", f"came {', '.join(more)} too")


@rule("9.card_asked", "Who asks for a card that he is entitled to gets it again, with a higher revision.")
def card_asked(trial: Trial) -> None:
    trial.understood(PUBLISHED, ASKED)
    id = _provider(trial)
    known = _shown(trial, id).body["revision"]
    trial.accepted(trial.say(trial.trust, ASKED, {"organization_id": id}))
    _shown(trial, id, after=known)


def _provider(trial: Trial) -> int:
    """The deployment's own id of the organization that provides. Raises NotTried."""
    id: int = offered(trial).body["provider"]["id"]
    return id


def _shown(trial: Trial, organization_id: int, after: list[int] | None = None) -> Message:
    """The deployment's last word on this card, if it is later than that revision. Raises Broken."""

    def found() -> Message | None:
        words = [
            each
            for each in trial.talk.all_heard()
            if each.type == PUBLISHED and each.body["organization"]["id"] == organization_id
        ]
        last = max(words, key=lambda each: list(each.body["revision"]), default=None)
        return last if last and (after is None or last.body["revision"] > after) else None

    later = f" with a revision above {after}" if after else ""
    return trial.waits(found, f"the card of the organization {organization_id}{later}")


def _not_named(said: Any, taken: Any, at: str = "") -> Iterator[str]:
    """Members that were dropped when it was taken, at every level."""
    if isinstance(said, Mapping):
        for name, value in said.items():
            if name in taken:
                yield from _not_named(value, taken[name], f"{at}{name}.")
            else:
                yield f"{at}{name}"
    elif isinstance(said, list):
        for each, kept in zip(said, taken, strict=True):
            yield from _not_named(each, kept, at)


RULES: Final = (card, card_elsewhere, card_withdrawn, card_not_entitled)
UNDER_AGREEMENT: Final = (card_shown, card_asked)
