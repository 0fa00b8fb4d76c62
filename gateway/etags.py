"""ETags: which version of a record an answer shows.

A record's ETag is made of its version, so a caller who has read it can say "only if nobody changed it since"
with If-Match; nobody has to. A list's ETag is a digest of what was sent.
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


def check_if_match(request: Request, tag: str) -> None:
    """Raises PreconditionFailed when If-Match names other versions than this one."""
    wanted = request.if_match
    if wanted and not wanted.contains(tag):
        raise PreconditionFailed
