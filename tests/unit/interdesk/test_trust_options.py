"""What a partner is allowed, as it is said on the command line."""

from __future__ import annotations

import pytest

from interdesk.commands.output import Refusal
from interdesk.commands.trust_options import options_in


def test_what_is_not_said_is_not_changed() -> None:
    assert options_in(None) == options_in([], []) == {}


def test_what_is_allowed_and_denied_becomes_options() -> None:
    assert options_in(["assign_approvals"], ["view_time_spent"]) == {
        "options": {"assign_approvals": True, "view_time_spent": False}
    }


def test_an_option_may_be_limited_to_teams_and_is_not_where_none_are_named() -> None:
    options = options_in(["assign_ci_support:3,5", "assign_project_tasks"])["options"]
    assert options == {
        "assign_ci_support": True,
        "ci_support_team_ids": [3, 5],
        "assign_project_tasks": True,
        "project_task_team_ids": [],
    }


@pytest.mark.parametrize(
    ("allow", "deny", "says"),
    [
        (["everything"], [], "everything is no option"),
        (["assign_ci_support:x"], [], "assign_ci_support:x is no option"),
        (["view_time_spent:3"], [], "not limited to teams"),
        ([], ["assign_ci_support:3"], "is no option"),
        (["view_time_spent"], ["view_time_spent"], "both allowed and denied"),
    ],
)
def test_what_means_nothing_is_refused_by_name(allow: list[str], deny: list[str], says: str) -> None:
    with pytest.raises(Refusal, match=says):
        options_in(allow, deny)
