"""ETags: which version of a record an answer shows.

A record's ETag is made of its version, so a caller who has read it can say "only if nobody changed it since"
with If-Match; nobody has to. It is compared here, and once more by the service in the save itself, so that
nobody's change can come between. A list's ETag is a digest of what was sent.
"""

from __future__ import annotations

import hashlib

from flask import Request, Response

from services.common.errors import PreconditionFailed


def of_record(type: str, id: object, version: int) -> str:
    """The opaque text of a record's ETag."""
    return f"{type}-{id}-{version}"


def of_body(body: bytes) -> str:
    return hashlib.blake2s(body, digest_size=12).hexdigest()


def put(response: Response, tag: str) -> None:
    response.set_etag(tag)


def names_version(request: Request, tag: str) -> bool:
    """Whether If-Match names this version; not when there is none, or `*`, which any version matches. Raises
    PreconditionFailed when it names others only.
    """
    wanted = request.if_match
    if not wanted or wanted.star_tag:
        return False
    if not wanted.contains(tag):
        raise PreconditionFailed
    return True
