"""Keys with which a caller may ask for a new record again and again, and have it made once.

What it promises
    Whoever asks with a key that he used in the last 24 hours gets the record that was made with it, also
    after a crash, a restart, or when both ask at the same moment. Asking for something else with the same key
    is refused. A key belongs to the person who uses it and to the kind of record he asks for.

How
    The key is kept with the id that the record will have, before the record is made: `_id` is all that tells
    one who asks twice from himself. Both make the record under that id; the second finds that it is there.
    So there is no lock to be left behind, and no answer to be kept beside the record that it tells of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from services.common import bus_json, strict_json
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import Document, answering
from services.common.errors import Invalid
from services.common.store import Collection, Index

HEADER: Final = "Idempotency-Key"
KEPT: Final = timedelta(hours=24)
KEYS: Final = Collection("idempotency_keys", (Index("at"),), records=False)


def id_for(
    context: Context,
    actor: Actor,
    kind: str,
    key: str | None,
    fields: Mapping[str, Any],
    new_id: Callable[[], int],
) -> int | None:
    """The id that the record asked for with a key has, or shall have; None without a key.

    `fields` is all that is asked for. Raises Invalid `idempotency_key_reused` when the key was used for
    something else, Unavailable.
    """
    if key is None:
        return None
    now = context.clock.now()
    entry = {
        "_id": f"{actor.person_id}\n{kind}\n{key}",
        "at": now,
        "asked": _digest(fields),
        "record": new_id(),
    }
    kept = context.database[KEYS.name]
    known: Document | None = None
    while known is None:  # unless it is forgotten at this very moment, it is there after one try
        with answering():
            kept.delete_many({"at": {"$lte": now - KEPT}})
            try:
                kept.insert_one(entry)
                known = entry
            except DuplicateKeyError:
                known = kept.find_one({"_id": entry["_id"]})
    if known["asked"] != entry["asked"]:
        raise Invalid(
            "idempotency_key_reused",
            "This key was used for something else in the last 24 hours. Use another for another record.",
            [(HEADER, "was used for something else in the last 24 hours")],
        )
    return int(known["record"])


def _digest(fields: Mapping[str, Any]) -> str:
    plain = json.loads(bus_json.encode(fields))
    return hashlib.sha256(strict_json.dumps(plain)).hexdigest()
