"""Signing in, and the password that it takes."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from services.common.fields import ReferenceId
from services.common.schemas import InputSchema
from services.organizations.model.passwords import MAX_CHARACTERS


def _password(**options: Any) -> fields.String:
    """As it is typed: blanks count."""
    longest = validate.Length(max=MAX_CHARACTERS, error="must be at most {max} characters long")
    return fields.String(validate=longest, load_only=True, **options)


class NewPasswordSchema(InputSchema):
    """A new password; `old_password` where one changes his own."""

    password = _password(required=True)
    old_password = _password()


class PasswordInputSchema(NewPasswordSchema):
    """Whose it is to be."""

    person_id = ReferenceId(required=True)


class SignInSchema(InputSchema):
    """Who wants to sign in, from which network `address`, and the mark of his `browser`, if it has one."""

    primary_email = fields.String(required=True, validate=validate.Length(max=254))
    password = _password(required=True)
    address = fields.String(required=True, validate=validate.Length(max=100))
    browser = fields.String(validate=validate.Length(max=200), load_only=True)
