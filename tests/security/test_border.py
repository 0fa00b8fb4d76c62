"""The real border between running accounts: what a partner, or somebody with a partner's broker credentials,
can't do there. Nothing of it is applied, and what gets as far as a lane is in quarantine with its code.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from amqp.exceptions import AMQPError
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode
from kombu import Connection

from interdesk.waiting import holds_within
from services.common.errors import Unavailable
from services.federation.partners.topology import border_vhost, exchange_of, lane_of
from services.federation.sealing.envelope import Message, read_verified, seal
from tests.faults.at_rest import must_agree
from tests.faults.cases import Case
from tests.faults.partners import CUSTOMER, PROVIDER, QUIET_SECONDS, THIRD, Partners, partners_up
from tests.faults.smuggling import Smuggler

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@dataclasses.dataclass
class Scene:
    """Three accounts that trust the provider, and a hand-over of the customer whose bytes were captured."""

    partners: Partners
    case: Case
    customer: Smuggler
    third: Smuggler
    captured: bytes

    def quarantined(self, account: str = PROVIDER) -> list[tuple[str, str]]:
        rows = self.partners.stored(account, "requests")["quarantine"].find().sort([("received_at", 1)])
        return [(row["partner"], row["code"]) for row in rows]

    def disbelieved(self, partner: str, code: str, smuggle: Callable[[], None], at: str = PROVIDER) -> None:
        """What `smuggle` publishes comes to quarantine with this code."""
        before = self.quarantined(at)
        smuggle()
        expected = [*before, (partner, code)]
        assert holds_within(lambda: self.quarantined(at) == expected, QUIET_SECONDS), self.quarantined(at)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    directory = tmp_path_factory.mktemp("border")
    with partners_up(directory, third=True, processes="one", durable=False) as partners:
        partners[PROVIDER].connect(partners[THIRD])
        case = Case(partners, "captured")
        case.hand_over()
        case.arrived()
        customer = Smuggler(partners, CUSTOMER, PROVIDER)
        third = Smuggler(partners, THIRD, PROVIDER)
        yield Scene(partners, case, customer, third, customer.captured()[0])
        must_agree(partners, [case], (CUSTOMER, PROVIDER))


@pytest.fixture(autouse=True)
def nothing_was_applied(scene: Scene) -> Iterator[None]:
    """No test of this file moves anything; when all are done the accounts agree as before."""

    def there() -> tuple[int, int]:
        provider = scene.partners.stored(PROVIDER, "requests")
        applied = provider["inbox"].count_documents({"state": "accepted"})
        return provider["requests"].count_documents({}), applied

    before = there()
    yield
    assert there() == before


def altered(sealed: bytes, name: str, value: Any) -> bytes:
    """The sealed bytes with one field of the envelope changed under the old signature."""
    header, payload, signature = sealed.split(b".")
    said = json.loads(urlsafe_b64decode(payload))
    assert said[name] != value
    said[name] = value
    changed = json.dumps(said, separators=(",", ":"), sort_keys=True).encode()
    return b".".join([header, urlsafe_b64encode(changed), signature])


ALTERED: dict[str, Any] = {
    "id": "019b0000-0000-7000-8000-000000000001",
    "type": "request.recalled.v1",
    "sender": THIRD,
    "recipient": THIRD,
    "thread": f"handover/{CUSTOMER}/019b0000-0000-7000-8000-0000000000aa",
    "incarnation": 2,
    "sequence": 2,
    "prev": "0" * 64,
    "sent_at": "2026-01-05T09:00:00.000Z",
    "traceparent": "00-00000000000000000000000000000001-0000000000000001-01",
    "body": {},
}


def test_every_field_is_altered() -> None:
    fields = {field.name for field in dataclasses.fields(Message)}
    assert set(ALTERED) == fields - {"hash", "received_at", "kid", "approved"}  # these are not in it


@pytest.mark.parametrize("name", sorted(ALTERED))
def test_an_altered_field_is_not_believed(scene: Scene, name: str) -> None:
    forged = altered(scene.captured, name, ALTERED[name])
    scene.disbelieved(CUSTOMER, "bad_signature", lambda: scene.customer.publish(forged))


def test_a_partner_cannot_publish_on_anothers_exchange(scene: Scene) -> None:
    before = scene.quarantined()
    with pytest.raises(Unavailable):
        scene.third.publish(scene.captured, exchange=exchange_of(CUSTOMER))
    assert scene.quarantined() == before


def test_a_captured_message_does_not_pass_for_its_sender_on_another_exchange(scene: Scene) -> None:
    scene.disbelieved(THIRD, "wrong_exchange", lambda: scene.third.publish(scene.captured))


def test_a_third_account_does_not_speak_for_the_customer(scene: Scene) -> None:
    said = dataclasses.replace(read_verified(scene.captured), sequence=2)
    forged = seal(said, scene.third.ring.current())
    scene.disbelieved(THIRD, "wrong_sender", lambda: scene.third.publish(forged))
    # Not even with the customer's broker credentials, and the customer's name on its own key.
    scene.disbelieved(CUSTOMER, "wrong_exchange", lambda: scene.customer.publish(forged))
    key = scene.third.ring.current()
    named = dataclasses.replace(key, kid=scene.customer.ring.current().kid)
    scene.disbelieved(CUSTOMER, "bad_signature", lambda: scene.customer.publish(seal(said, named)))


def test_a_message_for_another_account_is_not_believed(scene: Scene) -> None:
    elsewhere = Smuggler(scene.partners, PROVIDER, THIRD)
    taken = Smuggler(scene.partners, PROVIDER, CUSTOMER).captured()[0]
    scene.disbelieved(PROVIDER, "wrong_recipient", lambda: elsewhere.publish(taken), at=THIRD)


def test_a_thread_of_others_is_not_spoken_in(scene: Scene) -> None:
    said = read_verified(scene.captured)
    forged = scene.third.message(said.type, said.body, thread=said.thread)
    scene.disbelieved(THIRD, "not_in_thread", lambda: scene.third.publish(scene.third.seal(forged)))


def test_a_captured_message_on_another_lane_is_parked_there(scene: Scene) -> None:
    scene.customer.publish(scene.captured, routing_key="agreement.offered")
    api = scene.partners.api(PROVIDER)
    parked: list[dict[str, Any]] = []

    def came() -> bool:
        parked[:] = api.get("parked_messages", fields="service,code,type")
        return bool(parked)

    assert holds_within(came, QUIET_SECONDS)
    assert [(each["service"], each["code"]) for each in parked] == [("slas", "wrong_lane")]
    api.post(f"parked_messages/{parked[0]['id']}/discard", {})


@pytest.mark.parametrize("header", ["CC", "BCC"])
def test_copies_go_to_nobody_elses_lane(scene: Scene, header: str) -> None:
    """A routing header reaches what the partner's own exchange is bound to, and nothing else."""
    others = [lane_of("requests", THIRD), lane_of("slas", THIRD), exchange_of(THIRD)]
    forged = altered(scene.captured, "sequence", 9)
    scene.disbelieved(
        CUSTOMER, "bad_signature", lambda: scene.customer.publish(forged, headers={header: others})
    )
    # A copy in the third account's lane would have been found before what is put there after it.
    scene.disbelieved(THIRD, "wrong_exchange", lambda: scene.third.publish(scene.captured))


def test_an_operator_looks_at_the_quarantine_and_makes_room(scene: Scene) -> None:
    scene.disbelieved(CUSTOMER, "not_an_envelope", lambda: scene.customer.publish(b"no seal"))
    run: list[str | Path] = [Path(sys.executable).with_name("interdesk"), "quarantine"]
    where: list[str | Path] = ["--directory", scene.partners.deployment.directory, "--account", PROVIDER]

    def quarantine(*arguments: str) -> str:
        done = subprocess.run(
            [*run, *arguments, *where], check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    kept = json.loads(quarantine("list", "--partner", CUSTOMER, "--json"))
    assert (kept[0]["code"], kept[0]["service"], kept[0]["size"]) == ("not_an_envelope", "requests", 7)
    assert json.loads(quarantine("show", kept[0]["id"], "--json"))["beginning"] == "no seal"
    health = scene.partners.api(PROVIDER).get(f"trusts/{CUSTOMER}/health")
    assert health["quarantined"] == len(kept)
    quarantine("empty", "--yes", CUSTOMER)
    left = json.loads(quarantine("list", "--partner", CUSTOMER, "--json"))
    assert [one for one in left if one["tried_until"] is None] == []
    assert scene.partners.api(PROVIDER).get(f"trusts/{CUSTOMER}/health")["quarantined"] == len(left)


def _get(channel: Any) -> None:
    channel.basic_get(lane_of("requests", CUSTOMER))


def _consume(channel: Any) -> None:
    channel.basic_consume(lane_of("requests", CUSTOMER))


def _declare_queue(channel: Any) -> None:
    channel.queue_declare("mine")


def _declare_exchange(channel: Any) -> None:
    channel.exchange_declare("mine", "fanout")


def _bind(channel: Any) -> None:
    channel.queue_bind(lane_of("requests", CUSTOMER), exchange_of(THIRD), "#")


def _purge(channel: Any) -> None:
    channel.queue_purge(lane_of("requests", CUSTOMER))


def _delete(channel: Any) -> None:
    channel.queue_delete(lane_of("requests", CUSTOMER))


def _delete_exchange(channel: Any) -> None:
    channel.exchange_delete(exchange_of(CUSTOMER))


@pytest.mark.parametrize(
    "attempt",
    [_get, _consume, _declare_queue, _declare_exchange, _bind, _purge, _delete, _delete_exchange],
    ids=lambda attempt: attempt.__name__.strip("_"),
)
def test_a_partners_user_reads_and_changes_nothing(scene: Scene, attempt: Callable[[Any], None]) -> None:
    with Connection(scene.customer.uri, ssl=scene.customer.tls, connect_timeout=10) as connection:
        channel = connection.channel()
        with pytest.raises(AMQPError, match="403"):
            attempt(channel)


@pytest.mark.parametrize("exchange", ["", "amq.topic", "amq.fanout", exchange_of(THIRD)])
def test_a_partners_user_writes_to_its_own_exchange_only(scene: Scene, exchange: str) -> None:
    before = scene.quarantined()
    with pytest.raises(Unavailable):
        scene.customer.publish(scene.captured, exchange=exchange, routing_key=lane_of("requests", THIRD))
    assert scene.quarantined() == before


@pytest.mark.parametrize("vhost", [PROVIDER, CUSTOMER, border_vhost(CUSTOMER), "/"])
def test_a_partners_user_enters_no_other_vhost(scene: Scene, vhost: str) -> None:
    uri = scene.customer.uri.rsplit("/", 1)[0] + "/" + quote(vhost, safe="")
    connection = Connection(uri, ssl=scene.customer.tls, connect_timeout=10)
    with pytest.raises((AMQPError, OSError)):
        connection.connect()
    connection.release()
