"""All that the deployment has said in the trial, looked at as a whole; and what it should not have said.

`Talk` notes what is wrong when it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from interdesk.conformance.rule import Broken, Rule, rule
from interdesk.conformance.trial import Trial

_AGAIN: Final = "trust.accepted.v1"
_MOST: Final = 3

#: Rules that `Talk` notes faults of.
_NOTED: Final[Mapping[str, str]] = {
    "1.delivered": "All that it delivers is persistent, with the right routing key and content type.",
    "2.sealed": "All that it says passes the checks of section 2.",
    "2.once": "What it sends again are the same bytes.",
    "3.sequence": "What it says in a thread is numbered without gaps, each naming the one before it.",
    "4.form": "Its receipts have the form of section 4.",
    "6.bodies": "Its bodies are as section 6 has them.",
    "8.told": "It says only types that it was told are understood.",
}


@rule("5.again", "What has no receipt is sent again, and a receipt for another hash is none.")
def again(trial: Trial) -> None:
    trial.needs_trust()
    talk, heard = trial.talk, trial.talk.heard[trial.trust.id]
    message, before = heard.said[1], heard.times[1]
    talk.answer(message, "accepted", hash="0" * 64)
    came = talk.pump(lambda: heard.times[1] > before, trial.pace.patience_seconds)
    talk.unanswered.discard(_AGAIN)
    talk.answer(message, "accepted")
    if not came:
        raise Broken("the message again", f"nothing within {trial.pace.patience_seconds:g} s")


@rule("4.final", "The first final receipt stands: a refusal that comes after it has no effect.")
def final(trial: Trial) -> None:
    trial.needs_trust()
    trial.announces()
    trial.talk.answer(trial.talk.heard[trial.trust.id].said[1], "refused", "not_waited_for")
    trial.announces()


@rule("7.ended", "The end of the trust is taken.")
def ended(trial: Trial) -> None:
    said = trial.write(trial.trust, "trust.ended.v1", {"reason": "conformance_tried"})
    trial.ended = True
    trial.talk.send(said)
    trial.trust.follow(said)
    trial.accepted(said)


@rule("4.no_receipt", "What is in quarantine gets no receipt, however late.")
def no_receipt(trial: Trial) -> None:
    trial.needs_trust()
    late = {trial.unbelieved.get(each.body["hash"]) for each in trial.talk.answers} - {None}
    if late:
        raise Broken("no receipt", f"came one in {', '.join(sorted(map(str, late)))}")


def _noted(id: str) -> Rule:
    def attempt(trial: Trial) -> None:
        trial.needs_trust()
        faults = trial.talk.faults[id]
        if faults:
            more = f" (and {len(faults) - _MOST} more)" if len(faults) > _MOST else ""
            raise Broken("no such fault", f"came {'; '.join(faults[:_MOST])}{more}")

    return Rule(id, _NOTED[id], attempt)


RULES: Final = (again, final)
LAST: Final = (ended, no_receipt, *map(_noted, _NOTED))
