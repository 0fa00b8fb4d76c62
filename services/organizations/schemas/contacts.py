"""How to reach a person or an organization, and the field types that only this service has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from services.common.fields import Text, Whole
from services.common.schemas import InputSchema


def web_address(**options: Any) -> fields.String:
    return fields.String(
        validate=[
            validate.Length(max=2000, error="must be at most {max} characters long"),
            validate.URL(schemes={"http", "https"}, require_tld=False, error="must be a web address"),
        ],
        **options,
    )


def email_address(**options: Any) -> fields.String:
    return fields.Email(
        validate=validate.Length(max=254, error="must be at most {max} characters long"),
        error_messages={"invalid": "must be an e-mail address"},
        **options,
    )


def email_domain() -> fields.String:
    label = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
    return fields.String(
        validate=[
            validate.Length(max=253, error="must be at most {max} characters long"),
            validate.Regexp(rf"(?:{label}\.)+{label}\Z", error="must be a domain such as widget.example"),
        ]
    )


def locale(**options: Any) -> fields.String:
    return fields.String(
        validate=validate.Regexp(
            r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?\Z", error="must be a locale such as en-US"
        ),
        **options,
    )


class ContactSchema(InputSchema):
    """One way to reach somebody: exactly one of telephone, email and website, with what it is for."""

    label = Text(40, required=True)
    telephone = Text(40)
    email = email_address()
    website = web_address()

    @pre_load
    def _one_way(self, data: Any, **_: Any) -> Any:
        if isinstance(data, Mapping) and len({"telephone", "email", "website"} & data.keys()) != 1:
            raise ValidationError("must have one of telephone, email and website")
        return data


class PlaceSchema(InputSchema):
    """Where something is."""

    address = Text(400, lines=True, allow_none=True)
    city = Text(120, allow_none=True)
    state = Text(120, allow_none=True)
    zip = Text(20, allow_none=True)
    country = fields.String(
        allow_none=True,
        validate=validate.Regexp(r"[A-Z]{2}\Z", error="must be a country code such as NL"),
    )


class AddressSchema(PlaceSchema):
    """One postal address, with what it is for."""

    label = Text(40, required=True)


class NumberedContactSchema(ContactSchema):
    """`id` is the place among them, from 1 on."""

    id = fields.Integer()


class NumberedAddressSchema(AddressSchema):
    """As NumberedContactSchema."""

    id = fields.Integer()


def contacts() -> fields.List:
    return fields.List(
        Whole(ContactSchema), validate=validate.Length(max=20, error="must hold at most {max}")
    )


def addresses() -> fields.List:
    return fields.List(
        Whole(AddressSchema), validate=validate.Length(max=20, error="must hold at most {max}")
    )
