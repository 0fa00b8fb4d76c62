"""The style sheets of the pages: Bootstrap's as its package has it, and the little that is ours.

Their addresses carry a digest of what they hold, so a browser keeps them for as long as it likes.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Final

from flask import Response

from services.common.errors import NotFound

_FILES: Final = {
    "bootstrap": ("flask_bootstrap", "static/bootstrap5/css/bootstrap.min.css"),
    "interdesk": (__package__, "styles/interdesk.css"),
}
_KEPT: Final = "public, max-age=31536000, immutable"


@cache
def _sheets() -> dict[str, bytes]:
    """What each address leads to."""
    found = {}
    for name, (package, path) in _FILES.items():
        content = (resources.files(package) / path).read_bytes()
        # A map of the source would be one more request for who looks into the browser's tools.
        content = content.partition(b"/*# sourceMappingURL")[0]
        found[f"{name}-{hashlib.blake2s(content, digest_size=8).hexdigest()}.css"] = content
    return found


def names() -> list[str]:
    """The sheets in the order in which they count."""
    return list(_sheets())


def get(name: str) -> Response:
    """Raises NotFound."""
    content = _sheets().get(name)
    if content is None:
        raise NotFound
    response = Response(content, mimetype="text/css")
    response.headers["Cache-Control"] = _KEPT
    return response
