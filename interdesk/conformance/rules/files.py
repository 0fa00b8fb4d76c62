"""Section 9: files of notes. The trial offers some of its request, and sends what is asked for, right and
wrong. The deployment's own need somebody there who puts a file on a note, and are not tried.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

from interdesk.conformance.rule import Broken, rule
from interdesk.conformance.rules.bodies import NOTE_ID, note
from interdesk.conformance.rules.handovers import at_hand
from interdesk.conformance.trial import Trial
from interdesk.conformance.words import CLOCK, Said
from services.common import strict_json
from services.common.ids import new_uuid
from services.common.strict_json import MAX_INTEGER
from services.federation.messages.attachments import CHUNK, MAX_CHUNK_BYTES, OFFERED, WANTED
from services.federation.sealing.envelope import Message

_LINE: Final = b"A trial of the partner protocol.\n"
_MOST_ASKED: Final = 20
DAMAGED: Final = "damaged"


class Offer:
    """A file that the trial has offered, and what the deployment wants of it."""

    def __init__(self, trial: Trial, content: bytes, key: str = "", **changes: Any) -> None:
        self.trial, self.given, self.content = trial, at_hand(trial), content
        trial.understood(OFFERED, WANTED, CHUNK)
        name = key or f"files/{new_uuid(CLOCK)}"
        file = {"key": name, "name": "trial.txt", "type": "text/plain", "size": len(content)}
        file |= {"sha256": hashlib.sha256(content).hexdigest(), "inline": False}
        about = {"episode": self.given.body["episode"], "note_id": changes.pop("note_id", NOTE_ID)}
        self.file: dict[str, Any] = {**file, **changes}
        self.said: Said = trial.say(self.given.thread, OFFERED, {**about, "file": self.file})
        self.id: str = strict_json.loads(self.said.payload)["id"]
        self._heard = 0

    def wanted(self) -> Message:
        """What the deployment says of it next. Raises Broken."""
        self._heard += 1
        return self.trial.waits(
            lambda: next(iter(self._words()[self._heard - 1 :]), None), "attachment.wanted of the file"
        )

    def _words(self) -> list[Message]:
        told = self.trial.talk.unordered
        return [each for each in told if each.type == WANTED and each.body["offer"] == self.id]

    def send(self, word: Message, content: bytes | None = None) -> None:
        """The ranges of this word, the last one first. `content`: others than the file's. Raises Broken."""
        for each in reversed(word.body["ranges"]):
            start, stop = each["start"], each["start"] + each["size"]
            if stop > len(self.content):
                raise Broken(f"ranges within {len(self.content)} bytes", f"came {start} to {stop}")
            data = base64.b64encode((content or self.content)[start:stop]).decode()
            body = {"offer": self.id, "start": start, "data": data}
            thread = self.given.thread
            self.trial.talk.send(self.trial.write(thread, CHUNK, body, sequence=0, prev=None))

    def comes(self) -> None:
        """Sends what is wanted until it is there. Raises Broken."""
        for _ in range(_MOST_ASKED):
            word = self.wanted()
            if not word.body["ranges"]:
                break
            self.send(word)
        if word.body["ranges"] or word.body["code"] is not None:
            raise Broken("the word that the file is there", _last(word))


def _last(word: Message) -> str:
    """What came in the place of another word."""
    if word.body["ranges"]:
        return "came a wish for more"
    return f"came that it was given up: {word.body['code']}" if word.body["code"] else "came that it is there"


@rule("9.file", "A file of a note is fetched by ranges that come in any order, and said to be there.")
def file(trial: Trial) -> None:
    offer = Offer(trial, _LINE * (MAX_CHUNK_BYTES // len(_LINE) + 1000))
    trial.accepted(offer.said)
    offer.comes()
    trial.kept["file"] = offer.said


@rule("9.file_again", "An offer of a file that is on the note already is accepted, and changes nothing.")
def file_again(trial: Trial) -> None:
    first = strict_json.loads(trial.again("file").payload)["body"]["file"]
    offer = Offer(trial, _LINE, key=first["key"], size=first["size"], sha256=first["sha256"])
    trial.accepted(offer.said)


@rule("9.file_damaged", "What has another hash than its offer is not taken for it.")
def file_damaged(trial: Trial) -> None:
    offer = Offer(trial, _LINE)
    trial.accepted(offer.said)
    offer.send(offer.wanted(), _LINE.swapcase())
    word = offer.wanted()
    if not word.body["ranges"]:
        if word.body["code"] != DAMAGED:
            raise Broken("that it is asked for again", _last(word))
        return
    offer.send(word)
    offer.comes()


@rule("9.file_unknown_note", "A file of a note that was never said is refused.")
def file_unknown_note(trial: Trial) -> None:
    trial.refused(Offer(trial, _LINE, note_id=MAX_INTEGER).said, "unknown_note")


@rule("9.file_too_large", "A file of the greatest size that can be said is refused.")
def file_too_large(trial: Trial) -> None:
    trial.refused(Offer(trial, _LINE, size=MAX_INTEGER).said, "too_large", "too_much")


@rule("9.file_not_offered", "What was not offered is not sent.")
def file_not_offered(trial: Trial) -> None:
    trial.understood(OFFERED, WANTED, CHUNK)
    given, offer = at_hand(trial), new_uuid(CLOCK)
    body = {"offer": offer, "ranges": [{"start": 0, "size": 1}], "code": None}
    trial.talk.send(trial.write(given.thread, WANTED, body, sequence=0, prev=None))
    told = {"episode": given.body["episode"], "note": note("Another note.")}
    trial.accepted(trial.say(given.thread, "note.added.v1", told))
    if any(each.type == CHUNK for each in trial.talk.unordered):
        raise Broken("nothing", "came attachment.chunk")


RULES: Final = (file, file_again, file_damaged, file_unknown_note, file_too_large, file_not_offered)
