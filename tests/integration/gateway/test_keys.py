"""The account's own keys, over the API."""

from __future__ import annotations

import json

from tests.integration.gateway.account import Account


def states(ring: dict) -> list[str]:
    return [key["state"] for key in ring["keys"] if key["use"] == "sig"]


def test_an_administrator_rotates_and_revokes_keys_and_sees_no_private_part(account: Account) -> None:
    client = account.client()
    before = client.get("account/keys")
    assert states(before)[-2:] == ["current", "next"]
    rotated = client.post("account/rotate_keys", {}, 200)
    assert states(rotated)[-3:] == ["retired", "current", "next"]
    assert rotated["rotated_at"] is not None
    old, current = [key["kid"] for key in rotated["keys"] if key["use"] == "sig"][-3:-1]
    revoked = client.post("account/revoke_key", {"kid": current}, 200)
    assert states(revoked)[-4:] == ["retired", "revoked", "current", "next"]
    assert {name for key in revoked["keys"] for name in key} == {"kid", "use", "state", "known_by"}
    assert old in {key["kid"] for key in revoked["keys"]}


def test_what_is_not_a_key_of_ours_is_not_revoked(account: Account) -> None:
    client = account.client()
    for body, code in (({"kid": "widget/nobody-has-this"}, "unknown_key"), ({}, "validation_failed")):
        response = client.send("POST", "account/revoke_key", body)
        assert (response.status_code, response.headers["X-Interdesk-Error"]) == (422, code)
        assert json.loads(response.data)["errors"][0][0] == "kid"


def test_keys_are_for_administrators_to_change_and_for_those_who_see_trusts(account: Account) -> None:
    _, auditor = account.person("Anna Auditor", "auditor")
    _, specialist = account.person("Stan Specialist", "specialist")
    assert auditor.get("account/keys")["keys"]
    assert specialist.send("GET", "account/keys").status_code == 403
    for path in ("account/rotate_keys", "account/revoke_key"):
        assert auditor.send("POST", path, {"kid": "x"}).status_code == 403


def test_credentials_are_renewed_where_there_is_a_trust(account: Account) -> None:
    assert account.client().send("POST", "trusts/gigatera/renew_credentials", {}).status_code == 404
