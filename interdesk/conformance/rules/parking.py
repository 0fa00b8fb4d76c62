"""Sections 3, 6 and 8: what is verified and fits nothing is held, and its thread with it; nothing else is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from interdesk.conformance.rule import Rule, rule
from interdesk.conformance.rules.bodies import CHANGED, OFFERED, note, offer, receipt
from interdesk.conformance.trial import Trial
from services.federation.messages import LANES

#: By code: what is said as the second message of a thread, the first being an offer.
_SECOND: Final[Mapping[str, tuple[str, str, dict[str, Any]]]] = {
    "unknown_type": ("A type that is not known is held.", "agreement.praised.v1", {"stars": 5}),
    "unknown_version": ("A version of a type that is not known is held.", "agreement.changed.v2", offer()),
    "invalid_body": ("A body that is not what its type says is held.", CHANGED, {"sla": offer()["sla"]}),
}


def _held_as_second(trial: Trial, type: str, body: Mapping[str, Any]) -> None:
    """It is held, what follows it is too, and another thread goes on."""
    thread = trial.talk.open("agreement")
    trial.accepted(trial.say(thread, OFFERED, offer()))
    trial.held(trial.say(thread, type, body), applied=1)
    trial.held(trial.say(thread, CHANGED, offer()), applied=1)
    trial.accepted(trial.say(trial.talk.open("agreement"), OFFERED, offer()))


@rule("3.not_an_opening", "The first message of a thread must open it; another one is held.")
def not_an_opening(trial: Trial) -> None:
    trial.held(trial.say(trial.talk.open("agreement"), CHANGED, offer()), applied=0)


@rule("3.wrong_side", "What the other side of a thread says is held when this side says it.")
def wrong_side(trial: Trial) -> None:
    taken = {"episode": [1, 1], "request_id": 1, "status": "assigned", "team": {"id": 1, "name": "x"}}
    thread = trial.talk.open("handover")
    trial.held(trial.say(thread, "request.taken.v1", {**taken, "member": None}), applied=0)


@rule("3.wrong_lane", "What comes through the lane of another service than its thread's is held.")
def wrong_lane(trial: Trial) -> None:
    thread = trial.talk.open("agreement")
    trial.accepted(trial.say(thread, OFFERED, offer()))
    trial.held(
        trial.say(thread, "note.added.v1", {"episode": [1, 1], "note": note("Conformance")}), applied=1
    )


_KINDS: Final = {"requests": "handover", "slas": "agreement", "organizations": "trust"}


@rule("1.places", "The border has a place for every routing key, also for types that are not known.")
def places(trial: Trial) -> None:
    trial.needs_trust()
    for service, keys in LANES.items():
        for key in keys:
            thread, (noun, _, rest) = trial.talk.open(_KINDS[service]), key.partition(".")
            if rest == "#":
                trial.held(trial.say(thread, f"{noun}.praised.v1", {"stars": 5}), applied=0)
            else:
                trial.unbelievable(trial.write(thread, "receipt.v1", receipt("0" * 64), sequence=0))


def _second(type: str, body: Mapping[str, Any]) -> Any:
    return lambda trial: _held_as_second(trial, type, body)


RULES: Final = (
    *(Rule(f"3.{code}", says, _second(type, body)) for code, (says, type, body) in _SECOND.items()),
    not_an_opening,
    wrong_side,
    wrong_lane,
    places,
)
