"""The account, who the caller is, what he may do, and his tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, g, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from gateway import audit, bodies, documents, etags
from gateway.answers import Answers, of_json
from gateway.asked import chosen_fields, idempotency_key, list_query
from gateway.audiences import allowed, everyone
from gateway.context import GatewayContext
from gateway.public_schemas import once_schema
from gateway.resource import Resource, ResourceViews, Views, add_views, call, viewer
from gateway.resources.directory import PEOPLE
from gateway.resources.shapes.directory import ACCOUNT, PERSON, TOKEN
from gateway.resources.shapes.requests import REQUEST
from gateway.resources.shelves import ShelvedViews
from services.common.roles import ADMINISTRATORS, AUDITORS, VIEW_TRUSTS
from services.common.schemas import loaded
from services.organizations import queries, schemas
from services.requests import queries as requests

SERVICE = "organizations"
_MINE = "requested_by_or_for_me"


class RolesInputSchema(Schema):
    """All the roles that a person shall have in this account."""

    roles = fields.List(fields.String(), required=True)


class RateLimitSchema(Schema):
    """Where the caller's token stands; `reset` in Unix seconds."""

    limit = fields.Integer()
    remaining = fields.Integer()
    reset = fields.Integer()


class RateLimitedSchema(Schema):
    """What is limited: `core` is all of the API."""

    core = fields.Nested(RateLimitSchema)


class RateLimitsSchema(Schema):
    resources = fields.Nested(RateLimitedSchema)


class AccountViews:
    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        self.context = context
        self.answers = answers
        self.database = context.databases[SERVICE]

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("account", __name__, url_prefix="/v1")
        read, write = everyone("account"), allowed(*ADMINISTRATORS, scope="account")
        add_views(
            blueprint,
            "/account",
            "account",
            {
                "get": read(documents.of_chosen(self.get_account, ACCOUNT)),
                "patch": write(documents.of_update(self.update_account, ACCOUNT, schemas.AccountInputSchema)),
            },
        )
        audit_read = allowed(*AUDITORS, scope="account")
        told = documents.of_list(self._audit("account"), audit.AUDIT_LINE, "Who changed the account")
        add_views(blueprint, "/account/audit", "audit", {"get": audit_read(told)})
        told = documents.of_list(
            self._audit("keyring"), audit.AUDIT_LINE, "Who rotated and revoked the account's keys"
        )
        add_views(blueprint, "/account/keys/audit", "keys_audit", {"get": audit_read(told)})
        me = documents.of_chosen(self.get_me, PERSON, "The caller")
        add_views(blueprint, "/me", "me", {"get": everyone("people")(me)})
        mine = documents.of_list(self.list_my_requests, REQUEST, "Requests by or for the caller")
        views = {"get": everyone("requests")(mine)}
        add_views(blueprint, f"/me/{_MINE}", "my_requests", views)
        answer = {"200": documents.answer("Rate limits", RateLimitsSchema())}
        rate_limit = documents.describe(self.get_rate_limit, "The caller's rate limits", answers=answer)
        add_views(blueprint, "/rate_limit", "rate_limit", {"get": everyone("")(rate_limit)})
        self._add_keys(blueprint)
        return blueprint

    def _add_keys(self, blueprint: Blueprint) -> None:
        read = allowed(*VIEW_TRUSTS, scope="account")
        write = allowed(*ADMINISTRATORS, scope="account")
        answer = {"200": documents.answer("The account's own keys", schemas.KeyRingSchema())}
        get = documents.describe(self.get_keys, "Our own keys, and which partners know them", answers=answer)
        add_views(blueprint, "/account/keys", "keys", {"get": read(get)})
        rotate = documents.describe(self.rotate_keys, "Use the next key from now on", answers=answer)
        add_views(blueprint, "/account/rotate_keys", "rotate_keys", {"post": write(rotate)})
        revoke = documents.describe(
            self.revoke_key, "Revoke a key of ours", answers=answer, body=schemas.RevokeKeyInputSchema()
        )
        add_views(blueprint, "/account/revoke_key", "revoke_key", {"post": write(revoke)})

    def get_account(self) -> Response:
        account = queries.get_account(self.database, viewer())
        return self.answers.record(ACCOUNT, account, names=chosen_fields(ACCOUNT))

    def update_account(self) -> Response:
        taken = bodies.fields_of(request)
        account = queries.get_account(self.database, viewer())
        version = self.answers.wanted_version(ACCOUNT, account)
        call(self.context, SERVICE, "update_account", taken, version)
        return self.answers.record(ACCOUNT, queries.get_account(self.database, viewer()))

    def _audit(self, kind: str) -> Callable[[], Response]:
        def get_audit() -> Response:
            query = list_query(audit.AUDIT_LINE.listing)
            account = queries.get_account(self.database, viewer())
            lines = queries.get_audit(self.database, account["id"], viewer(), kind)
            domain = self.context.config.domain
            return audit.page_of(self.answers, ACCOUNT, account, lines, query, domain)

        return get_audit

    def get_keys(self) -> Response:
        return of_json(queries.get_keys(self.database, viewer()))

    def rotate_keys(self) -> Response:
        call(self.context, SERVICE, "rotate_keys")
        return self.get_keys()

    def revoke_key(self) -> Response:
        call(self.context, SERVICE, "revoke_key", bodies.fields_of(request))
        return self.get_keys()

    def get_me(self) -> Response:
        actor = viewer()
        person = queries.get_person(self.database, actor.person_id or 0, actor)
        return self.answers.record(PERSON, person, names=chosen_fields(PERSON))

    def list_my_requests(self) -> Response:
        query = list_query(REQUEST.listing, _MINE)
        page = requests.list_requests(self.context.databases["requests"], query, viewer())
        return self.answers.page(REQUEST, page, query)

    def get_rate_limit(self) -> Response:
        stands = self.context.rate_limits.look(g.holder.token_hash, self.context.clock.now())
        limits = {
            "limit": stands.limit,
            "remaining": stands.remaining,
            "reset": int(stands.resets_at.timestamp()),
        }
        return of_json({"resources": {"core": limits}})


class PeopleViews(ShelvedViews):
    """`me` stands for the caller wherever the id of a person may stand. Roles are beside the record."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(PEOPLE, context, answers, "person")

    def of_item(self) -> Views:
        """Everybody changes some fields of his own record; the service says who changes what."""
        views = super().of_item()
        return {**views, "patch": everyone(PEOPLE.path)(views["patch"])}

    def extend(self, blueprint: Blueprint) -> None:
        super().extend(blueprint)
        shown = {"200": documents.answer("Roles per account", schemas.PermissionSchema(many=True))}
        get = documents.describe(self.get_permissions, "The roles of a person", answers=shown)
        update = documents.describe(
            self.update_permissions,
            "Give a person roles",
            answers=shown,
            body=RolesInputSchema(),
            parameters=[documents.IF_MATCH],
        )
        gone = {"204": {"description": "The person has no role now"}}
        remove = documents.describe(self.remove_permissions, "Take all roles of a person", answers=gone)
        views = {"get": self.reader(get), "patch": self.writer(update), "delete": self.writer(remove)}
        add_views(blueprint, "/<id>/permissions", "permissions", views)
        found = {"200": documents.answer("Who does not belong where he is", schemas.GroupedPeopleSchema())}
        group = documents.describe(
            self.group,
            "People and organizations by e-mail domain: shown, or saved",
            answers=found,
            body=schemas.GroupPeopleInputSchema(),
        )
        add_views(blueprint, "/group_by_email_domain", "group", {"post": self.writer(group)})
        done = {"204": {"description": "It opens the pages now; sessions that were open have ended"}}
        set_password = documents.describe(
            self.set_password, "Set a person's password", answers=done, body=schemas.NewPasswordSchema()
        )
        views = {"post": everyone(PEOPLE.path)(set_password)}
        add_views(blueprint, "/<id>/set_password", "set_password", views)

    def group(self) -> Response:
        return of_json(self.call("group_people", bodies.fields_of(request)))

    def set_password(self, id: str) -> Response:
        """The service holds the new password to what the caller's token may do."""
        person = self.load(id)
        taken = loaded(schemas.NewPasswordSchema(), bodies.fields_of(request))
        self.call("set_password", {**taken, "person_id": person["id"]}, g.holder.token_id)
        return Response(status=204)

    def id_of(self, text: str) -> Any:
        return viewer().person_id if text == "me" else super().id_of(text)

    def get_permissions(self, id: str) -> Response:
        person = self.load(id)
        response = of_json(queries.get_permissions(self.database, person["id"], viewer()))
        etags.put(response, self.answers.etag(PERSON, person))
        return response

    def update_permissions(self, id: str) -> Response:
        person = self.load(id)
        taken = loaded(RolesInputSchema(), bodies.fields_of(request))
        version = self.answers.wanted_version(PERSON, person)
        self.call("set_roles", {**taken, "person_id": person["id"]}, version)
        return self.get_permissions(id)

    def remove_permissions(self, id: str) -> Response:
        self.call("set_roles", {"roles": [], "person_id": self.load(id)["id"]})
        return Response(status=204)


TOKENS = Resource(
    path="personal_access_tokens",
    shape=TOKEN,
    service=SERVICE,
    find=queries.list_tokens,
    get=queries.get_token,
    scope="tokens",
)


class TokenViews(ResourceViews):
    """The caller's own access tokens. The characters of one are in the answer that makes it, only there."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(TOKENS, context, answers)

    def of_collection(self) -> Views:
        made = {"201": documents.answer("The token, this once", once_schema(TOKEN, "token")())}
        create = documents.describe(
            self.create,
            "A new access token",
            answers=made,
            body=schemas.TokenInputSchema(),
            parameters=[documents.IDEMPOTENCY_KEY],
        )
        return {**super().of_collection(), "post": self.writer(create)}

    def of_item(self) -> Views:
        gone = {"204": {"description": "It opens nothing now"}}
        revoke = documents.describe(self.revoke, "Revoke an access token", answers=gone)
        return {**super().of_item(), "delete": self.writer(revoke)}

    def create(self) -> Response:
        """The service holds the new token to what this one may do."""
        taken = bodies.fields_of(request)
        made = self.call("create_token", taken, g.holder.token_id, idempotency_key())
        return self.answers.once(TOKEN, made, {"token": made["token"]})

    def revoke(self, id: str) -> Response:
        self.call("revoke_token", self.id_of(id))
        return Response(status=204)
