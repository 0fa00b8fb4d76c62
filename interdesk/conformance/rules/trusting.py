"""Sections 1 and 7: the invitation, the border behind it, and how both come to trust each other."""

from __future__ import annotations

from typing import Any, Final

import amqp
from amqp.exceptions import AMQPError

from interdesk.conformance import line
from interdesk.conformance.rule import Broken, NotTried, rule
from interdesk.conformance.trial import Trial
from services.common.errors import Invalid
from services.federation.partners.capabilities import OWN, told
from services.federation.sealing import ciphers
from services.federation.sealing.keys import CURRENT, SEAL
from services.federation.sealing.rings import UnknownKey

ACCEPTANCE_REFUSED: Final = (
    "invitation_expired", "invitation_withdrawn", "invitation_used", "unknown_invitation", "not_waited_for",
    "unknown_thread",
)  # fmt: skip


@rule("7.invitation", "The invitation is sealed by the current key that it brings.")
def invitation(trial: Trial) -> None:
    """Its form and its seal were looked at before there was a trial (`trial.read`)."""
    current = [key["kid"] for key in trial.invitation.keys if (key["use"], key["state"]) == (SEAL, CURRENT)]
    if [trial.sealed_with] != current:
        raise Broken(f"a seal of {', '.join(current)}", f"came one of {trial.sealed_with}")


@rule(
    "1.address", "The border lets in whom the invitation names, over TLS with its authority or on loopback."
)
def address(trial: Trial) -> None:
    try:
        line.hang_up(line.connected(trial.talk.address, trial.talk.ca, trial.invitation.credentials))
    except (Invalid, line.NotDelivered) as error:
        raise Broken("a connection with the invitation's credentials", str(error)) from None


@rule("1.write_only", "A partner may write to its own exchange, and read, make or write nothing else.")
def write_only(trial: Trial) -> None:
    talk = trial.talk
    own = f"from.{talk.account}"
    forbidden = {
        "publish to the default exchange": lambda on: _publishes(on, "", f"requests.{own}"),
        "publish to another exchange": lambda on: _publishes(on, "amq.topic", "note.added"),
        "read its own lane": lambda on: on.basic_get(f"requests.{own}"),
        "make a queue": lambda on: on.queue_declare(f"{talk.account}.conformance", exclusive=True),
    }
    for what, attempt in forbidden.items():
        connection = line.connected(talk.address, talk.ca, talk.login)
        try:
            attempt(connection.channel())
        except (AMQPError, OSError):
            continue
        finally:
            line.hang_up(connection)
        raise Broken("that the broker refuses all else", f"the partner may {what}")


def _publishes(channel: Any, exchange: str, routing_key: str) -> None:
    channel.basic_publish(
        amqp.Message(b"conformance"), exchange, routing_key, timeout=line.PUBLISH_SECONDS,
        confirm_timeout=line.PUBLISH_SECONDS,
    )  # fmt: skip


def _acceptance(trial: Trial, invitation_id: str) -> dict[str, Any]:
    talk = trial.talk
    try:
        key = talk.partner_ring.encrypting()
    except UnknownKey:
        raise NotTried("the invitation names no key to encrypt for") from None
    return {
        "invitation": invitation_id,
        "name": "Conformance",
        "domain": f"{talk.account}.example",
        "border": {"address": talk.border.address, "ca": talk.border.ca},
        "credentials": ciphers.encrypt_for(key.kid, key.public, trial.credentials),
        "keys": talk.ring.to_wire(),
        "capabilities": OWN,
    }


@rule(
    "7.accepted", "An acceptance that is sealed with the one-time key is taken, and answered in its thread."
)
def accepted(trial: Trial) -> None:
    talk = trial.talk
    talk.unanswered.add("trust.accepted.v1")  # 5.again
    body = _acceptance(trial, trial.invitation.id)
    said = trial.trust.write("trust.accepted.v1", body, trial.invitation.introduction_key())
    trial.kept["acceptance"] = said
    talk.send(said)
    trial.trust.follow(said)
    trial.accepted(said)
    trial.waits(lambda: talk.first("trust.accepted.v1", trial.trust.id), "trust.accepted in the same thread")
    trial.active = not talk.faults["7.told"]
    if not trial.active:
        raise Broken("keys and credentials that can be read", f"came {talk.faults['7.told'][0]}")


@rule("7.credentials", "The answer's credentials open the border, and those of the invitation no more.")
def credentials(trial: Trial) -> None:
    trial.needs_trust()
    talk = trial.talk
    line.hang_up(line.connected(talk.address, talk.ca, talk.login))
    try:
        line.hang_up(line.connected(talk.address, talk.ca, trial.invitation.credentials))
    except line.NotDelivered:
        return
    raise Broken("that the first credentials are refused", "they still open the border")


@rule("7.acceptance_again", "The acceptance that comes once more is answered as it was.")
def acceptance_again(trial: Trial) -> None:
    trial.answered_again(trial.again("acceptance"))


@rule("7.one_time_key", "The one-time key seals nothing but the acceptance.")
def one_time_key(trial: Trial) -> None:
    trial.needs_trust()
    body = {"keys": trial.talk.ring.to_wire()}
    said = trial.trust.write("keys.announced.v1", body, trial.invitation.introduction_key())
    trial.unbelievable(said)
    trial.announces()
    trial.no_receipt(said)


@rule("7.opens_once", "An acceptance of an invitation that is not open is refused, by its code.")
def opens_once(trial: Trial) -> None:
    thread = trial.talk.open("trust")
    body = _acceptance(trial, thread.id.split("/")[2])
    trial.kept["refused"] = said = trial.say(thread, "trust.accepted.v1", body)
    trial.refused(said, *ACCEPTANCE_REFUSED)


@rule("4.refused_again", "What was refused is refused by the same code when it comes once more.")
def refused_again(trial: Trial) -> None:
    trial.answered_again(trial.again("refused"))


@rule("8.capabilities", "Who names types that it understands names version 1, all of it.")
def capabilities(trial: Trial) -> None:
    """`read_invitation` holds the invitation to it; this is of the answer."""
    trial.needs_trust()
    said = trial.talk.first("trust.accepted.v1", trial.trust.id)
    assert said is not None
    try:
        told(said.body)
    except Invalid as error:
        raise Broken("capabilities with version 1 among them", str(error)) from None


RULES: Final = (
    invitation, address, write_only, accepted, credentials, acceptance_again, one_time_key, opens_once,
    refused_again, capabilities,
)  # fmt: skip
