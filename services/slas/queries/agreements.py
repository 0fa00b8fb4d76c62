"""SLAs, FLSAs and coverage groups, for those who may see them."""

from __future__ import annotations

from functools import partial
from typing import Any

from pymongo.database import Database

from services.common.actor import Actor
from services.common.errors import NotFound
from services.common.listing import ListQuery, Page, all_of, page
from services.slas.queries.agreement_listings import COVERAGE_GROUPS, FLSAS
from services.slas.queries.listings import SLAS
from services.slas.schemas import shown

Document = dict[str, Any]

# What is left of an offer that a person discarded is a thread, no agreement to be shown.
_SHOWN = {"discarded": None}


def list_slas(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return page(database["slas"], SLAS, query, visible(viewer), viewer=viewer).map(_sla)


def get_sla(database: Database[Document], id: int, viewer: Actor) -> Document:
    return _sla(one(database["slas"].find_one(all_of([{"_id": id}, visible(viewer)]))))


def list_slas_of_service_instance(
    database: Database[Document], id: int, query: ListQuery, viewer: Actor
) -> Page:
    """The SLAs for a service instance."""
    one(database["service_instances"].find_one({"_id": id}, {"_id": 1}))
    wanted = all_of([{"service_instance_id": id}, visible(viewer)])
    return page(database["slas"], SLAS, query, wanted, viewer=viewer).map(_sla)


def list_slas_of_customer(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    """The SLAs whose customer is an organization."""
    wanted = all_of([{"customer_id": id}, visible(viewer)])
    return page(database["slas"], SLAS, query, wanted, viewer=viewer).map(_sla)


def list_slas_of_site(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    """The SLAs whose coverage names a site."""
    wanted = all_of([{"site_ids": id}, visible(viewer)])
    return page(database["slas"], SLAS, query, wanted, viewer=viewer).map(_sla)


def list_slas_of_service(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    """The SLAs for all instances of a service."""
    among = database["service_instances"].find({"service_id": id}, {"_id": 1})
    instances = {"service_instance_id": {"$in": sorted(each["_id"] for each in among)}}
    return page(database["slas"], SLAS, query, all_of([instances, visible(viewer)]), viewer=viewer).map(_sla)


def list_flsas(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return page(database["flsas"], FLSAS, query, visible(viewer), viewer=viewer).map(_flsa)


def get_flsa(database: Database[Document], id: int, viewer: Actor) -> Document:
    return _flsa(one(database["flsas"].find_one(all_of([{"_id": id}, visible(viewer)]))))


def list_coverage_groups(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    found = page(database["sla_coverage_groups"], COVERAGE_GROUPS, query, _of_staff(viewer), viewer=viewer)
    return found.map(_group)


def get_coverage_group(database: Database[Document], id: int, viewer: Actor) -> Document:
    wanted = all_of([{"_id": id}, _of_staff(viewer)])
    return _group(one(database["sla_coverage_groups"].find_one(wanted)))


def visible(viewer: Actor) -> Document:
    """The filter of the SLAs, or FLSAs, that somebody may see."""
    if viewer.works_here:
        return dict(_SHOWN)
    return {**_SHOWN, "customer_representative_ids": viewer.person_id}


def one(document: Document | None) -> Document:
    """Raises NotFound."""
    if document is None:
        raise NotFound()
    return document


def _of_staff(viewer: Actor) -> Document:
    return {} if viewer.works_here else {"_id": {"$in": []}}


_sla = partial(shown, "sla")
_flsa = partial(shown, "flsa")
_group = partial(shown, "sla_coverage_group")
