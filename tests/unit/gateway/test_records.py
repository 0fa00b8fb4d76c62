"""Records as they go out: the chosen fields, references in one query per kind and moment, nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from marshmallow import Schema, fields

from gateway.records import Renderer, Shape
from gateway.references import KEPT, Kind, Reference, Resolver
from services.common.clock import SteppedClock
from services.common.ids import node_id
from services.common.listing import Field, Listing
from services.common.listing import Kind as FieldKind
from services.common.schemas import AccountReferenceSchema

DOMAIN = "widget.example"
NAMES: dict[str, dict[int, dict[str, Any]]] = {
    "team": {
        5: {"name": "Service Desk", "sourceID": "SD", "disabled": True},
        6: {"name": "Network", "account": {"id": "gigatera", "name": "GigaTera"}, "disabled": False},
    },
    "person": {1: {"name": "Ann"}, 2: {"name": "Bob"}},
}


class EdgeSchema(Schema):
    team_id = fields.Integer()
    relation = fields.String()


class ThingSchema(Schema):
    id = fields.Integer()
    account = fields.Nested(AccountReferenceSchema)
    name = fields.String()
    team_id = fields.Integer()
    manager_id = fields.Integer()
    member_ids = fields.List(fields.Integer())
    edges = fields.List(fields.Nested(EdgeSchema))


THING = Shape(
    "thing",
    ThingSchema,
    Listing(
        fields={"id": Field("_id", FieldKind.INTEGER, sortable=True)},
        also=("account", "name", "team", "manager", "members", "edges"),
    ),
    "Thing",
    {
        "team_id": Reference("team", "team"),
        "manager_id": Reference("manager", "person"),
        "member_ids": Reference("members", "person"),
    },
)


class Registry:
    """Finds names, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, set[int]]] = []

    def find(self, database: Any, kind: str, ids: Collection[int]) -> Mapping[int, dict[str, Any]]:
        self.asked.append((kind, set(ids)))
        return {id: NAMES[kind][id] for id in ids if id in NAMES[kind]}


def renderer(registry: Registry) -> Renderer:
    kinds = [Kind(name, "x", name.capitalize(), registry.find) for name in NAMES]
    return Renderer(DOMAIN, Resolver(DOMAIN, {"x": None}, kinds, SteppedClock()))  # type: ignore[dict-item]


def test_a_record_shows_its_fields_with_references_resolved_and_blanks_null() -> None:
    thing = {"id": 9, "name": "x", "team_id": 5, "member_ids": [1, 2], "secret": "s"}
    assert renderer(Registry()).one(THING, thing) == {
        "id": 9,
        "nodeID": node_id(DOMAIN, "Thing", 9),
        "name": "x",
        "team": {
            "id": 5,
            "name": "Service Desk",
            "nodeID": node_id(DOMAIN, "Team", 5),
            "sourceID": "SD",
            "disabled": True,
        },
        "manager": None,
        "members": [
            {"id": 1, "name": "Ann", "nodeID": node_id(DOMAIN, "Person", 1)},
            {"id": 2, "name": "Bob", "nodeID": node_id(DOMAIN, "Person", 2)},
        ],
        "edges": None,
    }


def test_account_is_there_on_what_is_foreign_only() -> None:
    gigatera = {"id": "gigatera", "name": "GigaTera"}
    shown = renderer(Registry()).one(THING, {"id": 9, "team_id": 6, "account": gigatera})
    assert shown["account"] == gigatera
    assert shown["team"]["account"] == gigatera
    assert "disabled" not in shown["team"]


def test_references_are_found_at_any_depth() -> None:
    shown = renderer(Registry()).one(THING, {"id": 9, "edges": [{"team_id": 6, "relation": "down"}]})
    assert shown["edges"][0]["team"]["name"] == "Network"
    assert shown["edges"][0]["relation"] == "down"


def test_a_page_asks_once_per_kind_of_reference() -> None:
    registry = Registry()
    things = [{"id": id, "team_id": 5 + id % 2, "manager_id": 1, "member_ids": [2]} for id in range(25)]
    renderer(registry).many(THING, things, ("id", "team", "manager", "members"))
    assert sorted(registry.asked) == [("person", {1, 2}), ("team", {5, 6})]


def test_only_what_is_shown_is_looked_up() -> None:
    registry = Registry()
    shown = renderer(registry).many(THING, [{"id": 1, "team_id": 5}], ("id", "name"))
    assert shown == [{"id": 1, "nodeID": node_id(DOMAIN, "Thing", 1), "name": None}]
    assert registry.asked == []


def test_a_reference_to_what_is_gone_keeps_its_id() -> None:
    assert renderer(Registry()).one(THING, {"id": 1, "team_id": 77})["team"]["name"] is None


class Asking:
    """A resolver of names that change, under a clock that is walked."""

    def __init__(self) -> None:
        self.names = {5: "Service Desk", 6: "Network"}
        self.asked: list[list[int]] = []
        self.clock = SteppedClock()
        kinds = [Kind("team", "organizations", "Team", self.find), Kind("sla", "slas", "Sla", self.find)]
        databases = dict.fromkeys(("organizations", "slas"))
        self.resolver = Resolver(DOMAIN, databases, kinds, self.clock)  # type: ignore[arg-type]

    def find(self, database: Any, kind: str, ids: Collection[int]) -> Mapping[int, dict[str, Any]]:
        self.asked.append(sorted(ids))
        return {id: {"name": self.names[id]} for id in ids if id in self.names}

    def name(self, id: int, kind: str = "team") -> Any:
        return self.resolver.resolve({kind: {id}})(kind, id)["name"]


def test_a_reference_is_looked_up_again_after_a_short_while() -> None:
    asking = Asking()
    asking.name(5)
    asking.names[5] = "Renamed"
    asking.clock.set(asking.clock.now() + KEPT - timedelta(milliseconds=1))
    assert asking.name(5) == "Service Desk"
    asking.clock.step(0.001)
    assert asking.name(5) == "Renamed"
    assert asking.asked == [[5], [5]]


def test_only_what_is_not_kept_is_asked_for() -> None:
    asking = Asking()
    asking.name(5)
    resolve = asking.resolver.resolve({"team": {5, 6}})
    assert (resolve("team", 5)["name"], resolve("team", 6)["name"]) == ("Service Desk", "Network")
    assert asking.asked == [[5], [6]]


def test_that_there_is_nothing_is_never_kept() -> None:
    asking = Asking()
    assert asking.name(7) is None
    asking.names[7] = "New"
    assert asking.name(7) == "New"


def test_what_a_service_has_changed_is_looked_up_at_once() -> None:
    asking = Asking()
    asking.name(5)
    asking.name(5, "sla")
    asking.names[5] = "Renamed"
    asking.resolver.forget("organizations")
    assert asking.name(5) == "Renamed"
    assert asking.name(5, "sla") == "Service Desk"


def test_what_was_asked_before_a_change_is_not_kept_after_it() -> None:
    asking = Asking()
    find = asking.find

    def changed_meanwhile(database: Any, kind: str, ids: Collection[int]) -> Mapping[int, dict[str, Any]]:
        found = find(database, kind, ids)
        asking.names[5] = "Renamed"
        asking.resolver.forget("organizations")
        return found

    kinds = [Kind("team", "organizations", "Team", changed_meanwhile)]
    databases = {"organizations": None}
    asking.resolver = Resolver(DOMAIN, databases, kinds, asking.clock)  # type: ignore[arg-type]
    asking.name(5)
    assert asking.name(5) == "Renamed"
