"""Files on their way out: a piece at a time, whole or in part, and so that no browser runs them.

Whatever a file is, it is told to be saved (`Content-Disposition: attachment`) but for pictures that a text
shows; its type is the one its bytes were found to have, and no other is to be guessed; it may run nothing and
load nothing (a sandbox without any source); and no other site's page may have it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Request, Response
from werkzeug.datastructures import ContentRange

from services.common import attachments
from services.common.attachments.names import clean

Document = dict[str, Any]


def download(request: Request, database: Any, file: Mapping[str, Any], attachment: Document) -> Response:
    """The answer to a request for an attachment; `file` is the document of its bytes in `database`."""
    size, tag = attachment["size"], attachment["sha256"]
    start, stop, status = 0, size, 200
    if request.if_none_match.contains(tag):
        status, stop = 304, 0
    elif request.range is not None and request.range.units == "bytes" and _still(request, tag):
        part = request.range.range_for_length(size)
        if part is not None:
            start, stop, status = *part, 206
        elif len(request.range.ranges) == 1:
            stop, status = 0, 416
    response = Response(attachments.read(database, file["_id"], start, stop), status)
    response.set_etag(tag)
    headers = response.headers
    headers["Accept-Ranges"] = "bytes"
    headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if status != 304:
        headers["Content-Type"] = attachment["type"]
        headers["Content-Length"] = str(stop - start)
        shown = attachment["inline"] and attachment["displayable"]
        headers.set("Content-Disposition", "inline" if shown else "attachment", **_named(attachment["name"]))
    if status == 206:
        headers["Content-Range"] = ContentRange("bytes", start, stop, size).to_header()
    elif status == 416:
        headers["Content-Range"] = ContentRange("bytes", None, None, size).to_header()
    return response


def _still(request: Request, tag: str) -> bool:
    """Whether the part that is asked for is of the file as it is, so far as the caller says of which."""
    condition = request.if_range
    return condition.date is None and condition.etag in (None, tag)


def _named(name: str) -> dict[str, str]:
    """As RFC 6266 has it: in ASCII for those who know no other, and as it is."""
    # Cleaned once more: of a wide slash the plain form is a slash.
    plain = clean(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    if plain == name:
        return {"filename": name}
    return {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
