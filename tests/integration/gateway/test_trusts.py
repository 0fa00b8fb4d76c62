"""What administrators are told of trusts over the API: what they make visible, and who did what."""

from __future__ import annotations

from services.organizations import store
from services.organizations.model.trusts import checked_options
from tests.integration.gateway.account import Account, Client


def seen_by(lines: list[dict], who: str) -> list[str]:
    return [line["sees"] for line in lines if line["to"] == who]


def with_gigatera(account: Account) -> None:
    """There is a trust with GigaTera."""
    trusts = store.records(account.contexts["organizations"], store.TRUSTS)
    now = account.clock.now()
    state = {"name": "GigaTera", "domain": "gigatera.example", "status": "active", "role": "inviting"}
    times = {"created_at": now, "updated_at": now, "suspended_at": None, "thread": None}
    if trusts.find_one({"_id": "gigatera"}) is None:
        trusts.insert("gigatera", {**state, **times, "options": checked_options({}), "keys": []})


def test_what_an_invitation_makes_visible_is_told_and_nobody_is_invited(
    account: Account, administrator: Client
) -> None:
    fields = {"account_id": "globalnet", "options": {"view_time_spent": True}}
    told = administrator.post("trusts/invite/disclosures", fields, status=200)
    assert [line["id"] for line in told] == list(range(1, len(told) + 1))
    assert any("time that our people spent" in sees for sees in seen_by(told, "globalnet"))
    assert administrator.send("GET", "trusts/globalnet").status_code == 404
    wrong = administrator.send("POST", "trusts/invite/disclosures", {"account_id": "widget"})
    assert wrong.headers["X-Interdesk-Error"] == "own_account"
    _, manager = account.person("Mia Manager", "specialist", "service_level_manager")
    assert manager.send("POST", "trusts/invite/disclosures", fields).status_code == 403


def test_what_is_no_invitation_is_refused_before_it_is_accepted(administrator: Client) -> None:
    wrong = administrator.send("POST", "trusts/accept/disclosures", {"invitation": "hello"})
    assert wrong.headers["X-Interdesk-Error"] == "invitation_malformed"


def test_what_other_options_make_visible_is_told_before_they_are_saved(
    account: Account, administrator: Client
) -> None:
    with_gigatera(account)
    team = administrator.post("teams", {"name": "Operations"})
    options = {"assign_workflow_tasks": True, "workflow_task_team_ids": [team["id"]]}
    before = administrator.get("trusts/gigatera/disclosures", per_page=100)
    after = administrator.post("trusts/gigatera/disclosures", {"options": options}, status=200)
    (new,) = set(seen_by(after, "GigaTera")) - set(seen_by(before, "GigaTera"))
    assert '"Operations"' in new
    assert administrator.get("trusts/gigatera")["options"]["assign_workflow_tasks"] is False
    assert administrator.post("trusts/gigatera/disclosures", {"status": "ended"}, status=200) == []
    kept, this = account.contexts["organizations"].database[store.TRUSTS], {"_id": "gigatera"}
    kept.update_one(this, {"$set": {"status": "invited"}})
    wrong = administrator.send("POST", "trusts/gigatera/disclosures", {"status": "suspended"})
    kept.update_one(this, {"$set": {"status": "active"}})
    assert wrong.headers["X-Interdesk-Error"] == "illegal_move"


def test_each_change_of_a_trust_and_of_keys_stands_in_its_audit(
    account: Account, administrator: Client
) -> None:
    with_gigatera(account)
    administrator.patch("trusts/gigatera", {"options": {"assign_approvals": True}})
    administrator.post("trusts/gigatera/suspend", {}, status=200)
    latest, earlier = administrator.get("trusts/gigatera/audit")[:2]
    assert latest["changes"] == {"status": ["active", "suspended"]}
    assert [each["assign_approvals"] for each in earlier["changes"]["options"]] == [False, True]
    assert latest["user"]["display_name"]
    administrator.post("account/rotate_keys", {}, status=200)
    (rotation, *_) = administrator.get("account/keys/audit")
    assert rotation["action"] == "rotate_keys"
    _, specialist = account.person("Sue Specialist", "specialist")
    assert specialist.send("GET", "account/keys/audit").status_code == 403


def test_the_age_of_our_keys_is_part_of_how_it_stands(account: Account, administrator: Client) -> None:
    with_gigatera(account)
    administrator.post("account/rotate_keys", {}, status=200)
    health = administrator.get("trusts/gigatera/health")
    assert health["own_keys_since"] == administrator.get("account/keys")["rotated_at"]
