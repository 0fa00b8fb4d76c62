"""Section 7: how keys change, and whose word is believed about them."""

from __future__ import annotations

from typing import Final

from interdesk.conformance.rule import Broken, NotTried, rule
from interdesk.conformance.rules.bodies import OFFERED, offer
from interdesk.conformance.trial import Trial
from interdesk.conformance.words import CLOCK, Said
from services.federation.sealing.keys import NEXT, RETIRED, REVOKED, SEAL, Key
from services.federation.sealing.rings import OwnRing

ANNOUNCED: Final = "keys.announced.v1"


def _next(ring: OwnRing) -> Key:
    return next(key for key in ring.keys if key.use == SEAL and key.state == NEXT)


def _announcement(trial: Trial, ring: OwnRing, key: Key) -> Said:
    trial.needs_trust()
    return trial.trust.write(ANNOUNCED, {"keys": ring.to_wire()}, key)


def _turns(trial: Trial, ring: OwnRing) -> None:
    """The ring is announced under the key that is known as next, and counts from then on."""
    said = _announcement(trial, ring, _next(trial.talk.ring))
    trial.talk.send(said)
    trial.trust.follow(said)
    trial.accepted(said)
    trial.talk.ring = ring


@rule("7.keys_unchanged", "An announcement that changes nothing is taken under the current key.")
def unchanged(trial: Trial) -> None:
    trial.announces()


@rule(
    "7.successor_not_proven", "Other keys are not believed under the current key: the announcement is held."
)
def not_proven(trial: Trial) -> None:
    ring = trial.talk.ring
    said = _announcement(trial, ring.rotated(CLOCK.now()), ring.current())
    trial.talk.send(said)
    answer = trial.answer(said, ("accepted", "refused", "held"))
    if answer.body["verdict"] != "held":
        trial.trust.follow(said)
        raise Broken("held", f"came {answer}")


@rule(
    "7.rotated", "Its place goes to what the next key seals there, and the next key is then the current one."
)
def rotated(trial: Trial) -> None:
    _turns(trial, trial.talk.ring.rotated(CLOCK.now()))
    trial.announces()
    trial.accepted(trial.say(trial.talk.open("agreement"), OFFERED, offer()))


@rule("7.retired", "What a retired key has sealed is believed.")
def retired(trial: Trial) -> None:
    old = next(key for key in trial.talk.ring.keys if key.use == SEAL)
    said = _announcement(trial, trial.talk.ring, old)
    trial.talk.send(said)
    trial.trust.follow(said)
    trial.accepted(said)


@rule("7.later", "What a key has sealed before it was announced is believed when it was.")
def later(trial: Trial) -> None:
    ring = trial.talk.ring.rotated(CLOCK.now()).rotated(CLOCK.now())
    trial.needs_trust()
    thread = trial.talk.open("agreement")
    said = thread.write(OFFERED, offer(), ring.current())
    trial.talk.send(said)
    trial.announces()
    trial.no_receipt(said)
    _turns(trial, ring)
    trial.talk.send(said)
    trial.accepted(said)


@rule(
    "7.revoked", "What a revoked key seals is not believed, and its place goes to what a good key says there."
)
def revoked(trial: Trial) -> None:
    thief = trial.talk.key
    _turns(trial, trial.talk.ring.revoked(thief.kid, CLOCK.now()))
    _says_as(trial, thief)


@rule("7.stays_revoked", "A revoked key stays revoked, whatever is announced later.")
def stays_revoked(trial: Trial) -> None:
    thief = next((key for key in trial.talk.ring.keys if key.state == REVOKED), None)
    if thief is None:
        raise NotTried("no key was revoked")
    ring = trial.talk.ring.rotated(CLOCK.now())
    told = [{**key, "state": RETIRED} if key["kid"] == thief.kid else key for key in ring.to_wire()]
    said = trial.trust.write(ANNOUNCED, {"keys": told}, _next(trial.talk.ring))
    trial.talk.send(said)
    trial.trust.follow(said)
    trial.accepted(said)
    trial.talk.ring = ring
    _says_as(trial, thief)


def _says_as(trial: Trial, thief: Key) -> None:
    said = _announcement(trial, trial.talk.ring, thief)
    trial.unbelievable(said)
    trial.announces()
    trial.no_receipt(said)


RULES: Final = (unchanged, not_proven, rotated, retired, later, revoked, stays_revoked)
