from datetime import UTC, datetime

import pytest
from marshmallow import ValidationError

from services.organizations import schemas


def refused(schema, data, *, partial=False):
    with pytest.raises(ValidationError) as error:
        schema.load(data, partial=partial)
    return error.value.messages


def test_unknown_fields_are_refused_by_name():
    assert refused(schemas.TeamInputSchema(), {"name": "SD", "colour": "red"}) == {
        "colour": ["Unknown field."]
    }


def test_a_reference_is_taken_with_and_without_its_id_ending():
    schema = schemas.TeamInputSchema()
    loaded = schema.load({"name": "SD", "coordinator": 5, "members": [5, {"id": 6}]})
    assert loaded == {"name": "SD", "coordinator_id": 5, "member_ids": [5, 6]}
    assert schema.load({"coordinator_id": None}, partial=True) == {"coordinator_id": None}


@pytest.mark.parametrize("value", ["5", True, 0, -1, 2**60, {"name": "SD"}, {"$gt": 0}, [5]])
def test_a_reference_is_a_number_and_nothing_else(value):
    assert "manager_id" in refused(schemas.OrganizationInputSchema(), {"name": "A", "manager_id": value})


def test_roles_and_scopes_are_those_of_the_tables():
    assert "roles" in refused(schemas.PermissionInputSchema(), {"person_id": 1, "roles": ["end_user"]})
    assert "scopes" in refused(schemas.TokenInputSchema(), {"name": "ci", "scopes": ["secrets:read"]})
    assert "scopes" in refused(schemas.TokenInputSchema(), {"name": "ci", "scopes": []})


def test_a_person_needs_a_name_and_an_email_address_and_an_edit_needs_neither():
    assert set(refused(schemas.PersonInputSchema(), {})) == {"name", "primary_email"}
    assert schemas.PersonInputSchema().load({}, partial=True) == {}
    assert "primary_email" in refused(schemas.PersonInputSchema(), {"primary_email": "nobody"}, partial=True)


def test_a_contact_is_one_way_to_reach_somebody():
    schema = schemas.PersonInputSchema()
    loaded = schema.load({"contacts": [{"label": "work", "telephone": "+31 20 1234567"}]}, partial=True)
    assert loaded["contacts"] == [{"label": "work", "telephone": "+31 20 1234567"}]
    for contact in (
        {"label": "work"},
        {"label": "work", "telephone": "1", "email": "a@b.example"},
        {"label": "work", "fax": "1"},
        {"label": "work", "website": "javascript:alert(1)"},
    ):
        assert "contacts" in refused(schema, {"contacts": [contact]}, partial=True)


def test_a_contact_is_given_whole_also_in_an_edit():
    schema = schemas.PersonInputSchema()
    assert "contacts" in refused(schema, {"contacts": [{"telephone": "1"}]}, partial=True)
    assert "addresses" in refused(schema, {"addresses": [{"city": "Delft"}]}, partial=True)


def test_an_amount_is_kept_as_text():
    schema = schemas.PersonInputSchema()
    for given in (80, "80.0", 80.004):
        assert schema.load({"cost_per_hour": given}, partial=True) == {"cost_per_hour": "80.00"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("picture_uri", "data:image/svg+xml;base64,PHN2Zz4="),
        ("picture_uri", "javascript:alert(1)"),
        ("time_zone", "Middle Earth"),
        ("locale", "english"),
        ("cost_per_hour", "-1"),
        ("cost_per_hour_currency", "euro"),
        ("send_email_notifications", "sometimes"),
        ("name", "two\nlines"),
        ("addresses", [{"label": "home", "country": "Holland"}]),
        ("supportID", "x" * 129),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_refused_by_name(field, value):
    assert field in refused(schemas.PersonInputSchema(), {field: value}, partial=True)


def test_fields_that_are_not_set_go_out_as_null():
    dumped = schemas.OrganizationSchema().dump(
        {"id": 1, "name": "A", "created_at": datetime(2025, 3, 1, tzinfo=UTC)}
    )
    assert dumped["created_at"] == "2025-03-01T00:00:00Z"
    assert dumped["manager_id"] is None
    assert dumped["region"] is None


def test_an_invitation_names_an_account_and_expires_within_thirty_days():
    schema = schemas.InviteInputSchema()
    assert schema.load({"account_id": "gigatera"}) == {"account_id": "gigatera", "expires_in_hours": 72}
    assert "account_id" in refused(schema, {"account_id": "Giga Tera"})
    for hours in (0, 721, 1.5):
        assert "expires_in_hours" in refused(schema, {"account_id": "gigatera", "expires_in_hours": hours})


def test_trust_options_are_refused_by_name_when_unknown():
    schema = schemas.TrustInputSchema()
    loaded = schema.load({"status": "suspended", "options": {"assign_approvals": True}})
    assert loaded == {"status": "suspended", "options": {"assign_approvals": True}}
    assert refused(schema, {"options": {"read_everything": True}}) == {
        "options": {"read_everything": ["Unknown field."]}
    }
    assert "status" in refused(schema, {"status": "invited"})


def test_no_schema_of_a_trust_or_a_token_lets_a_secret_out():
    secrets = {"credentials": "x", "password": "x", "private": "x", "sha256": "x", "token": "x"}
    assert not secrets.keys() & schemas.TrustSchema().dump(secrets).keys()
    assert not secrets.keys() & schemas.TokenSchema().dump(secrets).keys()


def test_a_partners_name_may_be_as_long_as_on_the_wire():
    named = {"account_id": "gigatera", "kind": "team", "remote_id": 1, "name": "x" * 255}
    assert schemas.IntroductionSchema().load(named) == named
