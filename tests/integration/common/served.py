"""Small services that use every part of services.common, run as a process: `served.py requests slas …`.

The environment is the account's. What they do is made up; their names are those of real services, because
crash points carry them.
"""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

# ruff: noqa: E402
import json
import os
import signal
import sys
import time
from typing import Any

from nameko.extensions import DependencyProvider
from nameko.web.handlers import HttpRequestHandler
from werkzeug.wrappers import Request

from services.common import config, logs, trace
from services.common.actor import Actor
from services.common.container import container_for
from services.common.copies import Offer, Offers, saved_event
from services.common.copy_holder import CopyHolder
from services.common.entrypoints import EVERYONE, SERVICES, Later, Park, command, every, handle_event
from services.common.errors import Invalid
from services.common.http import Server, ServiceWeb
from services.common.parking.commands import ParkedEventCommands
from services.common.service_context import ServiceContext
from services.common.service_parts import ServiceParts
from services.common.store import Collection, Index, Records, decide_again, event_row

REQUESTS = Collection("requests", (Index("key", unique=True, sparse=True),))
TEAMS = Collection("teams")
SEEN = Collection("seen", records=False)


class Requests:
    name = "requests"
    context = ServiceContext(collections=[REQUESTS])
    copies = CopyHolder({"team": "organizations"})
    web = ServiceWeb()

    @command(EVERYONE)
    def create(self, actor: Actor, fields: dict[str, Any]) -> dict[str, Any]:
        id = self.context.ids.next("request")
        row = event_row("request.saved", {"id": id, "version": 1, "fields": fields, "by": actor.name})
        record = Records(self.context, REQUESTS).insert(id, fields, rows=[row], history=[{"what": "created"}])
        return {"id": record.id, "version": record.version}

    @command(EVERYONE)
    def count_up(self, actor: Actor, id: int) -> int:
        @decide_again
        def up() -> int:
            records = Records(self.context, REQUESTS)
            record = records.get(id)
            count = record.state.get("count", 0) + 1
            row = event_row("request.counted", {"id": id, "version": record.version + 1, "count": count})
            records.save(record, {**record.state, "count": count}, rows=[row], history=[{"what": "counted"}])
            return count

        return up()

    @command(EVERYONE, repeatable=True)
    def echo(self, actor: Actor, value: Any) -> Any:
        return value

    @command(EVERYONE)
    def slow(self, actor: Actor, seconds: float, note: str = "") -> str:
        time.sleep(seconds)
        self.context.database["slow"].insert_one({"note": note})
        return note

    @command(EVERYONE)
    def refuse(self, actor: Actor) -> None:
        raise Invalid(errors=[("subject", "is missing")])

    @command(EVERYONE)
    def break_down(self, actor: Actor) -> None:
        raise RuntimeError("the secret detail")

    @command(EVERYONE)
    def unspeakable(self, actor: Actor) -> object:
        return object()

    @command({"specialist"})
    def for_specialists(self, actor: Actor) -> str:
        return actor.name

    @command(SERVICES)
    def for_services(self, actor: Actor) -> bool:
        return actor.is_system

    @command(EVERYONE)
    def traced(self, actor: Actor) -> dict[str, Any]:
        return trace.headers() | {"there": self.context.rpc.call("organizations", "traced", actor)}

    @command(EVERYONE)
    def team(self, actor: Actor, id: int) -> Any:
        return self.context.copies.get("team", id)

    @command(EVERYONE)
    def known_teams(self, actor: Actor) -> Any:
        return self.context.copies.find("team", {}, sort=[("_id", 1)])

    @command(EVERYONE)
    def call(self, actor: Actor, service: str, method: str, timeout: float) -> Any:
        return self.context.rpc.call(service, method, actor, timeout=timeout)


class Page(HttpRequestHandler):
    server = Server()


class Organizations:
    name = "organizations"
    context = ServiceContext(collections=[TEAMS])
    web = ServiceWeb()

    @Page.decorator("GET", "/wanted")
    def wanted(self, request: Request) -> str:
        """A page that takes its time, then calls a service."""
        time.sleep(float(request.args.get("seconds", 0)))
        actor = Actor.system(self.context.account)
        answer = self.context.rpc.call("requests", "echo", actor, "answer")
        return f"{answer} {'.' * int(float(request.args.get('megabytes', 0)) * 1_000_000)}"

    @command(EVERYONE)
    def save_team(self, actor: Actor, id: int, name: str) -> int:
        records = Records(self.context, TEAMS)
        record = records.find_one({"_id": id})
        if record is None:
            return records.insert(
                id, {"name": name}, rows=[saved_event("team", id, 1, {"name": name})]
            ).version
        row = saved_event("team", id, record.version + 1, {"name": name})
        return records.save(record, {"name": name}, rows=[row]).version

    @command(EVERYONE)
    def traced(self, actor: Actor) -> dict[str, Any]:
        return dict(trace.headers())

    @command(SERVICES, repeatable=True)
    def copies(self, actor: Actor, kind: str, after: Any = None, limit: int = 200) -> Any:
        return self._offers.page(kind, after, limit)

    @command(SERVICES, repeatable=True)
    def copy(self, actor: Actor, kind: str, id: Any) -> Any:
        return self._offers.one(kind, id)

    @property
    def _offers(self) -> Offers:
        return Offers(
            self.context.database, {"team": Offer("teams", lambda record: {"name": record.state["name"]})}
        )


class Slas(ParkedEventCommands):
    """Handles events; what it saw is in its collection `seen`."""

    name = "slas"
    context = ServiceContext(collections=[SEEN])
    web = ServiceWeb()

    @handle_event("requests", "request.saved")
    def request_saved(self, body: dict[str, Any]) -> None:
        fields = body["fields"]
        tries = self._tried(body["id"])
        if fields.get("handle") == "later" and tries < 3:
            raise Later(0.2, "not_yet")
        if fields.get("handle") == "park":
            raise Park("not_wanted", "for a test")
        if fields.get("handle") == "bug" and tries <= fields.get("bugs", 99):
            raise RuntimeError("a bug")
        if fields.get("handle") == "slow":
            time.sleep(fields["seconds"])
        self.context.database["seen"].insert_one({"request": body["id"], "body": body})

    @handle_event("requests", "request.counted")
    def request_counted(self, body: dict[str, Any]) -> None:
        self.context.database["counted"].insert_one(body)

    @every("sweep_seconds", lease="tick", at_start=True)
    def tick(self) -> None:
        self.context.database["ticks"].insert_one({"at": self.context.clock.now()})
        if self.context.database["ticks"].count_documents({}) % 2:
            raise RuntimeError("a timer that fails goes on")

    def _tried(self, id: int) -> int:
        tries = self.context.database["tries"]
        tries.update_one({"_id": id}, {"$inc": {"count": 1}}, upsert=True)
        return int(tries.find_one({"_id": id})["count"])


class TheDatabase(DependencyProvider):
    parts = ServiceParts()

    def get_dependency(self, worker: Any) -> Any:
        return self.parts.context.database


class Reporting:
    """Handles events and calls nobody: no queue for answers keeps its connection open."""

    name = "reporting"
    database = TheDatabase()
    web = ServiceWeb()

    @handle_event("requests", "request.saved")
    def request_saved(self, body: dict[str, Any]) -> None:
        self.database["tries"].update_one({"_id": body["id"]}, {"$inc": {"count": 1}}, upsert=True)
        time.sleep(body["fields"].get("seconds", 0))
        self.database["seen"].insert_one({"request": body["id"]})

    @every("sweep_seconds", lease="nap")
    def nap(self) -> None:
        """Takes the naps that a test asks for."""
        naps = self.database["naps"]
        if (nap := naps.find_one({"begun": 0})) is not None:
            naps.update_one({"_id": nap["_id"]}, {"$inc": {"begun": 1}})
            time.sleep(nap["seconds"])
            naps.update_one({"_id": nap["_id"]}, {"$inc": {"ended": 1}})


ALL = {service.name: service for service in (Requests, Organizations, Slas, Reporting)}


def main() -> None:
    settings = config.load(os.environ)
    logs.configure(settings.log_level, settings.log_format)
    containers = [container_for(ALL[name], settings) for name in sys.argv[1:]]
    if also := os.environ.get("ALSO"):  # a second account in this process: {"setting": value, …}
        containers += [
            container_for(ALL[name], settings.changed(**json.loads(also))) for name in sys.argv[1:]
        ]

    def stop(*_: Any) -> None:
        for container in containers:
            eventlet.spawn(container.stop)

    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn(stop))
    for thread in [eventlet.spawn(container.start) for container in containers]:
        thread.wait()
    for container in containers:
        container.wait()


if __name__ == "__main__":
    main()
