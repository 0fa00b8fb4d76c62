"""Answers: pages and records as responses, with the headers that belong to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Response, request

from gateway import etags, links
from gateway.records import Document, Renderer, Shape
from services.common.config import Config
from services.common.fields import Moment
from services.common.listing import ListQuery, Page


def of_json(body: Any, status: int = 200) -> Response:
    """A response with a JSON body; times go out in UTC with Z."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_written)
    return Response(text.encode(), status, mimetype="application/json")


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return Moment().serialize("at", {"at": value})
    raise TypeError(f"{type(value).__name__} is nothing that an answer may hold")


class Answers:
    """Makes responses out of what `queries` gave."""

    def __init__(self, config: Config, renderer: Renderer) -> None:
        self._public_url = (config.public_url or "").rstrip("/")
        self._render = renderer

    def page(self, shape: Shape, page: Page, query: ListQuery) -> Response:
        """A bare array of records and the headers of the list."""
        response = of_json(self._render.many(shape, page.items, query.fields))
        for name, value in links.headers(page, query, self.url(request.path)):
            response.headers[name] = value
        return response

    def lines(self, shape: Shape, items: Sequence[Document], names: Sequence[str]) -> list[list[Any]]:
        """Records as lines of a file: their values in the order of `names`."""
        return [[each.get(name) for name in names] for each in self._render.many(shape, items, names)]

    def record(
        self,
        shape: Shape,
        document: Document,
        status: int = 200,
        location: str = "",
        names: Sequence[str] | None = None,
    ) -> Response:
        """A record with all its fields, or with those named. `location` is the path of a new one."""
        response = of_json(self._render.one(shape, document, names), status)
        etags.put(response, self.etag(shape, document))
        if location:
            response.headers["Location"] = self.url(location)
        return response

    def shown(
        self, shape: Shape, documents: Sequence[Document], names: Sequence[str] | None = None
    ) -> list[Document]:
        """Records as an answer has them; with all their fields by default."""
        return self._render.many(shape, documents, names or shape.names)

    def once(self, shape: Shape, document: Document, secret: Document) -> Response:
        """A new record, with what only this answer holds."""
        return of_json({**self._render.one(shape, document), **secret}, 201)

    def wanted_version(self, shape: Shape, document: Document) -> int | None:
        """The version that the caller wants to change, for the service to hold to; None: whatever it is by
        then. Raises PreconditionFailed when it is another than this already.
        """
        named = etags.names_version(request, self.etag(shape, document))
        return int(document["version"]) if named else None

    def etag(self, shape: Shape, document: Document) -> str:
        return etags.of_record(shape.schema.__name__, document["id"], document["version"])

    def url(self, path: str) -> str:
        """The absolute URL of a path, as clients reach it."""
        return (self._public_url or request.host_url.rstrip("/")) + path
