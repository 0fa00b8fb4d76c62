"""The account's secret is changed: what is encrypted at rest comes under the first of INTERDESK_SECRET_FILE.

The owner's records do so by a save each (`organizations.actions.trusting.reencrypting`), and copies follow as
they follow every save. While services know both secrets, either is read: nothing has to stop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pymongo.database import Database

from services.common.copies import collection_name
from services.common.database import answering
from services.federation.sealing.ciphers import Secret, encrypted_anew

# Of a trust: our login on the partner's border, his on ours, and the one that is to replace it.
LOGINS: Final = ("credentials", "their_credentials", "their_next_credentials")


def anew(document: Mapping[str, Any], secret: Secret) -> dict[str, Any]:
    """A trust or a ring with all of its own under the first secret; as it is, where it was. Raises Invalid
    `wrong_secret`.
    """
    changed: dict[str, Any] = {
        name: encrypted_anew(secret, document[name]) for name in LOGINS if document.get(name)
    }
    if document.get("own"):
        changed["keys"] = [
            {**key, "private": encrypted_anew(secret, key["private"])} for key in document["keys"]
        ]
    return {**document, **changed}


def copies_behind(database: Database[dict[str, Any]], secret: Secret) -> int:
    """How many of a service's copies are not under the first secret yet. Raises Unavailable, Invalid
    `wrong_secret`.
    """
    with answering():
        return sum(
            anew(document, secret) != document
            for kind in ("trust", "keyring")
            for document in database[collection_name(kind)].find()
        )
