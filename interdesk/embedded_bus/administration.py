"""The part of RabbitMQ's management API that Interdesk asks for, on the embedded bus.

    PUT, DELETE  /api/vhosts/<vhost>
    GET          /api/users
    PUT, DELETE  /api/users/<user>                            {password, tags}
    PUT          /api/permissions/<vhost>/<user>              {configure, write, read}
    PUT, DELETE  /api/exchanges/<vhost>/<exchange>            {type, durable}
    GET          /api/queues/<vhost>
    PUT, DELETE  /api/queues/<vhost>/<queue>                  {durable, arguments}
    GET, POST    /api/bindings/<vhost>/e/<exchange>/q/<queue> {routing_key}
    GET, DELETE  /api/connections/username/<user>
    GET          /api/whoami
    GET          /api/health/checks/port-listener/<port>

For administrators, with HTTP basic authentication. A body that is not right is refused with 400, what is not
there with 404; both say what in `reason`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, Unauthorized
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from interdesk.embedded_bus.bus import Bus
from interdesk.embedded_bus.refusals import NOT_FOUND, Refusal
from interdesk.embedded_bus.users import Permission, User
from interdesk.embedded_bus.vhosts import Vhost

MAX_BODY_BYTES: Final = 64 * 1024


class _Body(Schema):
    class Meta:
        unknown = EXCLUDE


class _User(_Body):
    password = fields.String(required=True)
    tags = fields.String(load_default="")


def _pattern(text: str) -> None:
    try:
        re.compile(text)
    except re.error as error:
        raise ValidationError(f"Not a regular expression: {error}.") from None


class _Permission(_Body):
    configure = fields.String(required=True, validate=_pattern)
    write = fields.String(required=True, validate=_pattern)
    read = fields.String(required=True, validate=_pattern)


class _Exchange(_Body):
    kind = fields.String(required=True, data_key="type")
    durable = fields.Boolean(load_default=True)
    auto_delete = fields.Boolean(load_default=False)


class _Queue(_Body):
    durable = fields.Boolean(load_default=True)
    auto_delete = fields.Boolean(load_default=False)
    arguments = fields.Dict(keys=fields.String(), load_default=dict)


class _Binding(_Body):
    routing_key = fields.String(load_default="")


class Administration:
    """A WSGI application. `ports`: what the bus listens on."""

    def __init__(self, bus: Bus, ports: Collection[int]) -> None:
        self._bus = bus
        self._ports = ports
        self._routes = Map(
            [
                Rule("/api/whoami", endpoint=self._whoami),
                Rule("/api/health/checks/port-listener/<int:port>", endpoint=self._listens),
                Rule("/api/vhosts/<vhost>", endpoint=self._vhost, methods=["PUT", "DELETE"]),
                Rule("/api/users", endpoint=self._users),
                Rule("/api/users/<user>", endpoint=self._user, methods=["PUT", "DELETE"]),
                Rule("/api/permissions/<vhost>/<user>", endpoint=self._permission, methods=["PUT"]),
                Rule("/api/exchanges/<vhost>/<name>", endpoint=self._exchange, methods=["PUT", "DELETE"]),
                Rule("/api/queues/<vhost>", endpoint=self._queues),
                Rule("/api/queues/<vhost>/<name>", endpoint=self._queue, methods=["PUT", "DELETE"]),
                Rule(
                    "/api/bindings/<vhost>/e/<exchange>/q/<queue>",
                    endpoint=self._bindings,
                    methods=["GET", "POST"],
                ),
                Rule("/api/connections/username/<user>", endpoint=self._sessions, methods=["GET", "DELETE"]),
            ]
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = MAX_BODY_BYTES
        try:
            self._check(request)
            endpoint, values = self._routes.bind_to_environ(environ).match()
            answer: Response = endpoint(request, **values)
        except HTTPException as error:
            answer = _json({"error": error.name, "reason": error.description}, error.code or 500)
        except ValidationError as error:
            answer = _json({"error": "bad_request", "reason": error.messages}, 400)
        except Refusal as refusal:
            status = 404 if refusal.code == NOT_FOUND else 400
            answer = _json({"error": "bad_request", "reason": refusal.text}, status)
        return answer(environ, start_response)

    def _check(self, request: Request) -> None:
        login = request.authorization
        user = self._bus.users.get(login.username or "") if login is not None else None
        if login is None or user is None or not user.knows(login.password or "") or not user.administrator:
            raise Unauthorized("An administrator's name and password are needed.")

    def _whoami(self, request: Request) -> Response:
        assert request.authorization is not None
        return _json({"name": request.authorization.username, "tags": ["administrator"]})

    def _listens(self, request: Request, port: int) -> Response:
        if port not in self._ports:
            return _json({"status": "failed", "reason": "No active listener"}, 503)
        return _json({"status": "ok", "port": port})

    def _vhost(self, request: Request, vhost: str) -> Response:
        if request.method == "PUT":
            self._bus.add_vhost(vhost)
            return _done()
        self._found(vhost)
        for session in list(self._bus.sessions):
            if session.vhost.name == vhost:
                session.hang_up()
        del self._bus.vhosts[vhost]
        self._bus.changed()
        return _done()

    def _users(self, request: Request) -> Response:
        return _json([{"name": name} for name in self._bus.users])

    def _user(self, request: Request, user: str) -> Response:
        if request.method == "PUT":
            asked = _loaded(_User(), request)
            made = User.with_password(
                user, asked["password"], administrator="administrator" in asked["tags"].split(",")
            )
            known = self._bus.users.get(user)
            made.permissions = known.permissions if known is not None else {}
            self._bus.users[user] = made
        elif self._bus.users.pop(user, None) is None:
            raise NotFound("There is no such user.")
        self._bus.changed()
        return _done()

    def _permission(self, request: Request, vhost: str, user: str) -> Response:
        self._found(vhost)
        if user not in self._bus.users:
            raise BadRequest("There is no such user.")
        self._bus.users[user].permissions[vhost] = Permission(**_loaded(_Permission(), request))
        self._bus.changed()
        return _done()

    def _exchange(self, request: Request, vhost: str, name: str) -> Response:
        there = self._found(vhost)
        if request.method == "PUT":
            there.declare_exchange(name, **_loaded(_Exchange(), request))
        else:
            there.exchange(name)
            there.delete_exchange(name)
        return _done()

    def _queues(self, request: Request, vhost: str) -> Response:
        return _json(
            [
                {
                    "name": queue.name,
                    "vhost": vhost,
                    "durable": queue.durable,
                    "auto_delete": queue.auto_delete,
                    "arguments": queue.arguments,
                    "messages": len(queue.waiting),
                    "consumers": len(queue.consumers),
                }
                for queue in self._found(vhost).queues.values()
            ]
        )

    def _queue(self, request: Request, vhost: str, name: str) -> Response:
        there = self._found(vhost)
        if request.method == "PUT":
            there.declare_queue(name, **_loaded(_Queue(), request))
        else:
            there.delete_queue(there.queue(name))
        return _done()

    def _bindings(self, request: Request, vhost: str, exchange: str, queue: str) -> Response:
        there = self._found(vhost)
        there.queue(queue)
        if request.method == "POST":
            there.bind(exchange, queue, _loaded(_Binding(), request)["routing_key"])
            return _done()
        keys = [key for name, key in there.exchange(exchange).bindings if name == queue]
        return _json([{"routing_key": key} for key in keys])

    def _sessions(self, request: Request, user: str) -> Response:
        sessions = self._bus.sessions_of(user)
        if request.method == "GET":
            return _json([{"user": user, "vhost": session.vhost.name} for session in sessions])
        for session in sessions:
            session.hang_up()
        return _done()

    def _found(self, vhost: str) -> Vhost:
        if vhost not in self._bus.vhosts:
            raise NotFound("There is no such vhost.")
        return self._bus.vhosts[vhost]


def _loaded(schema: Schema, request: Request) -> dict[str, Any]:
    body = request.get_json(force=True)
    loaded: dict[str, Any] = schema.load(body)
    return loaded


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def _done() -> Response:
    return Response(status=204)
