"""Sections 3 and 4: order, gaps, and what comes twice; in agreement threads, which need nobody's help."""

from __future__ import annotations

from typing import Final

from interdesk.conformance.rule import Broken, rule
from interdesk.conformance.rules.bodies import CHANGED, ENDED, OFFERED, ended, offer, receipt
from interdesk.conformance.trial import Trial
from interdesk.conformance.words import Conversation, Said
from services.federation.threads import WINDOW


def _opened(trial: Trial) -> Conversation:
    thread = trial.talk.open("agreement")
    trial.accepted(trial.say(thread, OFFERED, offer()))
    return thread


def _written(trial: Trial, thread: Conversation, count: int) -> list[Said]:
    """The next messages of a thread, not sent yet."""
    written = []
    for _ in range(count):
        said = trial.write(thread, CHANGED, offer())
        thread.follow(said)
        written.append(said)
    return written


@rule(
    "4.receipt", "Each message is answered by a receipt with its hash, and with how far the thread has come."
)
def receipted(trial: Trial) -> None:
    thread = trial.talk.open("agreement")
    for n, (type, body) in enumerate([(OFFERED, offer()), (CHANGED, offer()), (ENDED, ended())], start=1):
        said = trial.say(thread, type, body)
        answer = trial.accepted(said)
        told = (answer.thread, answer.body["sequence"], answer.body["applied"])
        right = (thread.id, n, {"incarnation": 1, "sequence": n})
        if told != right:
            raise Broken(f"thread, sequence and applied {right}", f"came {told}")


@rule("3.once", "A message whose place was applied has no effect, and is answered as it was the first time.")
def once(trial: Trial) -> None:
    thread = _opened(trial)
    said = trial.say(thread, CHANGED, offer())
    trial.accepted(said)
    trial.answered_again(said)
    trial.accepted(trial.say(thread, CHANGED, offer()))
    trial.answered_again(said)


@rule("3.gap", "What is further ahead is held, naming what is missing, and applied when that has come.")
def gap(trial: Trial) -> None:
    thread = _opened(trial)
    second, third, fourth = _written(trial, thread, 3)
    trial.talk.send(fourth)
    trial.held(fourth, applied=1, missing=[2, 3])
    trial.talk.send(third)
    trial.held(third, applied=1, missing=[2])
    trial.talk.send(second)
    for said in (second, third, fourth):
        answer = trial.answer(said, again=False)
        if answer.body["verdict"] != "accepted":
            raise Broken("accepted", f"came {answer}")
    if answer.body["applied"]["sequence"] != 4:
        raise Broken("applied 4", f"came {answer}")


@rule("3.window", "64 messages of a thread may be on the way, in any order.")
def window(trial: Trial) -> None:
    thread = _opened(trial)
    written = _written(trial, thread, WINDOW)
    for said in reversed(written):
        trial.talk.send(said)
    for said in written:
        trial.accepted(said)


@rule("3.directions", "Threads do not wait for each other.")
def directions(trial: Trial) -> None:
    thread = _opened(trial)
    _, third = _written(trial, thread, 2)
    trial.talk.send(third)
    trial.held(third, applied=1, missing=[2])
    _opened(trial)


@rule("3.incarnation", "A higher incarnation that has not begun is not applied, and blocks nothing.")
def incarnation(trial: Trial) -> None:
    thread = _opened(trial)
    said = trial.write(thread, CHANGED, offer(), incarnation=2)
    trial.talk.send(said)
    trial.accepted(trial.say(thread, CHANGED, offer()))
    trial.not_applied(said)


@rule("3.more_members", "Members of a body that are not known are dropped, at every level.")
def more_members(trial: Trial) -> None:
    later = {"later": {"of": ["a", "later", "version"]}}
    body = {name: {**value, **later} if isinstance(value, dict) else value for name, value in offer().items()}
    trial.accepted(trial.say(trial.talk.open("agreement"), OFFERED, {**body, **later}))


@rule("4.receipt_of_nothing", "A receipt for what was never said has no effect, and gets no receipt.")
def receipt_of_nothing(trial: Trial) -> None:
    thread = _opened(trial)
    said = trial.write(thread, "receipt.v1", receipt("0" * 64), sequence=0, prev=None)
    trial.unbelievable(said)
    trial.accepted(trial.say(thread, CHANGED, offer()))
    trial.no_receipt(said)


RULES: Final = (receipted, once, gap, window, directions, incarnation, more_members, receipt_of_nothing)
