"""Section 9: what follows from a word, as far as it follows by itself.

The trial is the customer: it hands requests over under an agreement that the deployment has offered it, and
takes them back. Nobody at the deployment has to work on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from interdesk.conformance.rule import Broken, NotTried, rule
from interdesk.conformance.rules.bodies import note
from interdesk.conformance.trial import Trial
from interdesk.conformance.words import CLOCK, Conversation, Said
from services.common.ids import new_uuid
from services.federation.sealing.envelope import Message

SUPERSEDED: Final = "superseded"
TAKEN: Final = "request.taken.v1"
DECLINED: Final = "request.declined.v1"
RESTATED: Final = "request.restated.v1"
_LIVE: Final = (
    "on_backlog", "assigned", "accepted", "in_progress", "waiting_for", "waiting_for_customer",
    "reservation_pending", "workflow_pending", "project_pending",
)  # fmt: skip
_TEAM: Final = {"id": 1, "name": "Conformance"}


@dataclass
class Given:
    """A request that the trial has handed over."""

    thread: Conversation
    body: dict[str, Any]

    @property
    def core(self) -> dict[str, Any]:
        """What it restates besides its episode."""
        kept = (
            "request_id",
            "agreement",
            "service_instance_id",
            "origin",
            "core_version",
            "core",
            "team",
            "member",
        )
        return {name: self.body[name] for name in kept}


def offered(trial: Trial) -> Message:
    """The deployment's word on an agreement under which may be handed over. Raises NotTried."""
    trial.needs_trust()

    def found() -> Message | None:
        for thread in sorted(trial.talk.heard):
            told = [each for each in trial.talk.all_heard(thread) if each.type.startswith("agreement.")]
            offers = [each for each in told if "service_instance" in each.body]
            if offers and told[-1].body["sla"]["status"] == "active":
                return offers[-1]
        return None

    if found() is None and trial.pace.operator_seconds:
        account = trial.talk.account
        trial.tell(f"please offer the account {account} an active agreement that covers all of it")
        trial.talk.pump(lambda: found() is not None, trial.pace.operator_seconds)
    word = found()
    if word is None:
        raise NotTried("the deployment has offered no active agreement")
    return word


def _give(trial: Trial, **changes: Any) -> Given:
    """The body of a first hand-over, and its thread; nothing is said yet."""
    agreed = offered(trial)
    core = dict.fromkeys(("requester", "desired_completion_at", "downtime_start_at", "downtime_end_at"))
    body = {
        "episode": [1, 1],
        "request_id": 1,
        "agreement": agreed.thread,
        "service_instance_id": agreed.body["service_instance"]["id"],
        "origin": new_uuid(CLOCK),
        "core_version": 1,
        "core": {"subject": "Conformance", "category": "other", "impact": None, **core},
        "team": _TEAM,
        "member": None,
        "notes": [note("A trial of the partner protocol; nobody has to work on it.")],
    }
    return Given(trial.talk.open("handover"), {**body, **changes})


def _hands_over(trial: Trial, given: Given) -> Said:
    return trial.say(given.thread, "request.handed_over.v1", given.body)


def _taken(trial: Trial, given: Given) -> Message:
    return trial.waits(lambda: trial.talk.first(TAKEN, given.thread.id), "request.taken in the same thread")


def at_hand(trial: Trial) -> Given:
    """The request that `taken` has handed over. Raises NotTried."""
    if trial.given is None:
        raise NotTried("nothing could be handed over")
    return trial.given


@rule(
    "9.taken", "The first hand-over of a thread is answered by `taken`, with the provider's own request id."
)
def taken(trial: Trial) -> None:
    given = _give(trial)
    trial.kept["handed over"] = said = _hands_over(trial, given)
    trial.accepted(said)
    word = _taken(trial, given)
    trial.given = given
    if word.body["episode"] != given.body["episode"]:
        raise Broken("taken of the episode [1, 1]", f"came {word.body['episode']}")


@rule("9.taken_once", "A hand-over that comes twice is taken once.")
def taken_once(trial: Trial) -> None:
    given = at_hand(trial)
    trial.answered_again(trial.again("handed over"))
    _restated(trial, given, is_open=True)
    words = [each for each in trial.talk.all_heard(given.thread.id) if each.type == TAKEN]
    if len(words) != 1:
        raise Broken("one `taken`", f"came {len(words)}")


@rule("9.restated", "A customer's restatement is answered by the provider's, with its status.")
def restated(trial: Trial) -> None:
    word = _restated(trial, at_hand(trial), is_open=True)
    if word.body["status"] not in _LIVE:
        raise Broken("a live status", f"came {word.body['status']}")


def _restated(trial: Trial, given: Given, *, is_open: bool) -> Message:
    """Restates our side; gives the provider's answer, which must be of the same episode."""
    thread = given.thread

    def words() -> list[Message]:
        return [each for each in trial.talk.all_heard(thread.id) if each.type == RESTATED]

    before = len(words())
    body = {
        **given.core,
        "by": "customer",
        "episode": given.body["episode"],
        "open": is_open,
        "answered": None,
    }
    trial.accepted(trial.say(thread, RESTATED, body))
    word = trial.waits(
        lambda: words()[-1] if len(words()) > before else None, "request.restated by the provider"
    )
    if (word.body["by"], word.body["episode"]) != ("provider", given.body["episode"]):
        raise Broken(f"the provider's, of the episode {given.body['episode']}", f"came {dict(word.body)}")
    return word


@rule("9.old_answer", "An answer to a question that does not stand is accepted as superseded.")
def old_answer(trial: Trial) -> None:
    body = {"episode": [1, 1], "question": new_uuid(CLOCK), "team": _TEAM, "member": None}
    said = trial.say(at_hand(trial).thread, "request.answered.v1", {**body, "note": note("It was blue.")})
    trial.accepted(said, SUPERSEDED)


@rule("9.core", "A change of the core and a note are taken.")
def core(trial: Trial) -> None:
    given = at_hand(trial)
    subject = {"subject": "Conformance, changed"}
    changed = {"episode": [1, 1], "core_version": 2, "core": subject}
    trial.accepted(trial.say(given.thread, "request.core_changed.v1", changed))
    given.body |= {"core_version": 2, "core": {**given.body["core"], **subject}}
    trial.accepted(trial.say(given.thread, "note.added.v1", {"episode": [1, 1], "note": note("A note.")}))


@rule("9.loop", "A request of an origin that is alive there is taken, and declined as a loop.")
def loop(trial: Trial) -> None:
    _declined(trial, _give(trial, origin=at_hand(trial).body["origin"]), "loop")


@rule("9.wrong_service_instance", "What is handed over for another service instance is taken, and declined.")
def wrong_service_instance(trial: Trial) -> None:
    given = _give(trial)
    given.body["service_instance_id"] += 1_000_000
    _declined(trial, given, "wrong_service_instance")


def _declined(trial: Trial, given: Given, code: str) -> None:
    trial.accepted(_hands_over(trial, given))
    _taken(trial, given)
    word = trial.waits(lambda: trial.talk.first(DECLINED, given.thread.id), "request.declined")
    if word.body["code"] != code:
        raise Broken(f"declined: {code}", f"came {word.body['code']}")


@rule("9.recalled", "The customer ends an episode alone; the provider's request is live no more.")
def recalled(trial: Trial) -> None:
    given = at_hand(trial)
    trial.accepted(trial.say(given.thread, "request.recalled.v1", {"episode": [1, 1], "note": None}))
    word = _restated(trial, given, is_open=False)
    if word.body["status"] in _LIVE:
        raise Broken("a status that is not live", f"came {word.body['status']}")


@rule(
    "9.again", "The next episode is of the same request there; what is said of the one before is superseded."
)
def again(trial: Trial) -> None:
    given = at_hand(trial)
    given.body |= {"episode": [1, 2], "notes": []}
    trial.accepted(_hands_over(trial, given))
    trial.accepted(
        trial.say(given.thread, "request.recalled.v1", {"episode": [1, 1], "note": None}), SUPERSEDED
    )
    word, first = _restated(trial, given, is_open=True), _taken(trial, given)
    if word.body["status"] not in _LIVE or word.body["request_id"] != first.body["request_id"]:
        raise Broken(f"request {first.body['request_id']}, live", f"came {dict(word.body)}")
    trial.accepted(trial.say(given.thread, "request.recalled.v1", {"episode": [1, 2], "note": None}))


RULES: Final = (
    taken, taken_once, restated, old_answer, core, loop, wrong_service_instance, recalled, again,
)  # fmt: skip
