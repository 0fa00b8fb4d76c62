from datetime import UTC, datetime, timedelta

import pytest

from services.organizations.model import trusts
from services.organizations.model.rules import MalformedTable, RuleBroken
from services.organizations.model.trusts import MOVES, OPTIONS, STATES, Move

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

ALLOWED = {
    ("none", "invite"): "invited",
    ("none", "accept"): "invited",
    ("invited", "invite"): "invited",
    ("invited", "accept"): "invited",
    ("invited", "accepted"): "active",
    ("invited", "end"): "ended",
    ("invited", "ended"): "ended",
    ("active", "suspend"): "suspended",
    ("active", "end"): "ended",
    ("active", "ended"): "ended",
    ("suspended", "resume"): "active",
    ("suspended", "end"): "ended",
    ("suspended", "ended"): "ended",
    ("ended", "invite"): "invited",
    ("ended", "accept"): "invited",
}


@pytest.mark.parametrize("state", ["none", *STATES])
@pytest.mark.parametrize("move", sorted(MOVES))
def test_a_trust_moves_as_declared_and_no_other_way(state, move):
    if (state, move) in ALLOWED:
        assert trusts.moved(state, move) == ALLOWED[state, move]
        return
    with pytest.raises(RuleBroken) as refused:
        trusts.moved(state, move)
    assert refused.value.code == "illegal_move"
    assert "Allowed are" in refused.value.message


@pytest.mark.parametrize(
    "moves",
    [
        {**MOVES, "forgive": Move(frozenset({"angry"}), "active", "forgive")},
        {name: move for name, move in MOVES.items() if name not in ("end", "ended")},
        {name: move for name, move in MOVES.items() if name not in ("invite", "accept")},
        {**MOVES, "resume": Move(frozenset({"suspended"}), "suspended", "resume")},
    ],
    ids=["undeclared state", "ended is never reached", "nothing is reached", "an edit not brought about"],
)
def test_a_malformed_trust_table_is_refused(moves):
    with pytest.raises((MalformedTable, KeyError)) as refused:
        trusts.check_tables(STATES, moves, OPTIONS)
    assert refused.type is MalformedTable or refused.value.args == ("end",)


def test_a_state_without_a_way_out_is_refused():
    moves = {
        **MOVES,
        "invite": Move(frozenset({"none", "invited"}), "invited", "invite"),
        "accept": Move(frozenset({"none", "invited"}), "invited", "accept"),
    }
    with pytest.raises(MalformedTable, match="ended has no way out"):
        trusts.check_tables(STATES, moves, OPTIONS)


def test_only_another_account_can_be_invited():
    assert trusts.invitee("gigatera", "widget") == "gigatera"
    for account, code in [
        ("widget", "own_account"),
        ("Giga", "invalid_account"),
        ("g", "invalid_account"),
    ]:
        with pytest.raises(RuleBroken) as refused:
            trusts.invitee(account, "widget")
        assert refused.value.code == code


@pytest.mark.parametrize("state", ["active", "suspended"])
def test_no_invitation_is_accepted_over_a_trust_that_stands(state):
    with pytest.raises(RuleBroken) as refused:
        trusts.acceptable(state, "inviting", None, NOW, "GigaTera")
    assert refused.value.code == "already_trusted"


def test_two_accounts_that_invite_each_other_do_not_end_with_two_half_trusts():
    with pytest.raises(RuleBroken) as refused:
        trusts.acceptable("invited", "inviting", LATER, NOW, "GigaTera")
    assert refused.value.code == "invitation_stands"
    trusts.acceptable("invited", "inviting", NOW, NOW, "GigaTera")  # the own one has expired
    trusts.acceptable("invited", "accepting", LATER, NOW, "GigaTera")
    trusts.acceptable("ended", "inviting", LATER, NOW, "GigaTera")
    trusts.acceptable("none", None, None, NOW, "GigaTera")


def test_all_options_are_off_by_default():
    options = trusts.checked_options({})
    assert set(options) == {*OPTIONS, *trusts.TEAM_LISTS}
    assert not any(options.values())


def test_an_option_may_be_limited_to_teams_only_while_it_is_on():
    options = trusts.checked_options({"assign_ci_support": True, "ci_support_team_ids": [3, 1, 3]})
    assert options["ci_support_team_ids"] == [1, 3]
    with pytest.raises(RuleBroken) as refused:
        trusts.checked_options({"ci_support_team_ids": [3]})
    assert refused.value.code == "teams_without_option"


def test_an_unknown_option_is_refused_by_name():
    with pytest.raises(RuleBroken) as refused:
        trusts.checked_options({"read_everything": True})
    assert refused.value.errors == (("options", "unknown: read_everything"),)
