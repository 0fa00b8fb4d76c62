"""Sections 3 and 5: what the two sides can't agree on. Each of these stops a service's border, so they come
last.
"""

from __future__ import annotations

from typing import Final

from interdesk.conformance.rule import Broken, NotTried, rule
from interdesk.conformance.rules.bodies import CHANGED, OFFERED, offer
from interdesk.conformance.trial import Trial
from services.federation.threads import KINDS

#: How long it may take until all processes of a deployment know.
PAUSE_SECONDS: Final = 2.0

_WORDS: Final = {"agreement": OFFERED, "handover": "request.praised.v1"}


@rule(
    "3.chain_broken", "A prev that is not the hash of the message before it is refused; the place stays free."
)
def chain_broken(trial: Trial) -> None:
    thread = trial.talk.open("agreement")
    trial.accepted(trial.say(thread, OFFERED, offer()))
    answer = trial.refused(trial.say(thread, CHANGED, offer(), prev="0" * 64), "chain_broken")
    if answer.body["applied"]["sequence"] != 1:
        raise Broken("applied 1", f"came {answer}")


@rule("3.sequence_conflict", "Another hash at a place that is taken is refused.")
def sequence_conflict(trial: Trial) -> None:
    thread = trial.talk.open("handover")
    taken = trial.write(thread, "request.praised.v1", {"stars": 5})
    trial.talk.send(taken)
    trial.held(taken, applied=0)
    other = trial.say(thread, "request.praised.v1", {"stars": 1})
    answer = trial.refused(other, "sequence_conflict")
    if answer.body["applied"]["sequence"] != 0:
        raise Broken("applied 0", f"came {answer}")


@rule("3.other_services", "What has stopped one service stops no other.")
def other_services(trial: Trial) -> None:
    trial.announces()


@rule("3.paused", "Until a person has looked, nothing more is taken in that service.")
def paused(trial: Trial) -> None:
    trial.needs_trust()
    stopped = [kind for kind in _WORDS if KINDS[kind] in trial.stopped]
    if not stopped:
        raise NotTried("no service has stopped")
    trial.talk.pump(lambda: False, PAUSE_SECONDS)
    for kind in stopped:
        said = trial.talk.open(kind).write(_WORDS[kind], offer(), trial.talk.key)
        trial.unbelievable(said)
        trial.announces()
        trial.no_receipt(said)


RULES: Final = (chain_broken, sequence_conflict, other_services, paused)
