"""UI extensions: forms of custom fields, prepared and activated version by version."""

from __future__ import annotations

from functools import partial

from flask import Response
from flask_smorest import Blueprint

from gateway import documents
from gateway.answers import Answers
from gateway.context import GatewayContext
from gateway.public_schemas import public_schema
from gateway.resource import Children, Resource, ResourceViews, add_views
from gateway.resources.shapes.directory import UI_EXTENSION, UI_EXTENSION_VERSION
from services.common.roles import MAINTAIN_UI_EXTENSIONS, STAFF
from services.organizations import queries, schemas

UI_EXTENSIONS = Resource(
    path="ui_extensions",
    shape=UI_EXTENSION,
    service="organizations",
    find=queries.list_ui_extensions,
    get=queries.get_ui_extension,
    readers=STAFF,
    writers=MAINTAIN_UI_EXTENSIONS,
    create="create_ui_extension",
    update="update_ui_extension",
    input=schemas.UiExtensionInputSchema,
    edit=schemas.UiExtensionEditSchema,
    children=(Children("versions", UI_EXTENSION_VERSION, queries.list_ui_extension_versions),),
    audit=partial(queries.get_audit, kind="ui_extension"),
)


class UiExtensionViews(ResourceViews):
    """The version that is prepared is edited with the record, and activated by an action of its own."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(UI_EXTENSIONS, context, answers)

    def extend(self, blueprint: Blueprint) -> None:
        shown = {"200": documents.answer("The UI extension", public_schema(UI_EXTENSION)())}
        view = documents.describe(
            self.activate,
            "Activate the version that is prepared",
            answers=shown,
            parameters=[documents.IF_MATCH],
        )
        add_views(blueprint, "/<id>/activate", "activate", {"post": self.writer(view)})

    def activate(self, id: str) -> Response:
        document = self.load(id)
        version = self.answers.wanted_version(UI_EXTENSION, document)
        self.call("activate_ui_extension", document["id"], version)
        return self.changed(document["id"])
