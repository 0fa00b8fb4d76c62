"""What an answer costs: few queries, however many records it holds."""

from __future__ import annotations

import pytest

from tests.integration.gateway.account import Account, Client


@pytest.fixture(scope="module")
def specialist(account: Account) -> Client:
    """A specialist of an account with 26 requests by different people to different teams."""
    administrator = account.client()
    for number in range(26):
        person, client = account.person(f"Requester {number}")
        team = administrator.post("teams", {"name": f"Team {number}", "members": [person["id"]]})
        made = client.post("requests", {"subject": f"Request {number}", "category": "incident"})
        administrator.patch(f"requests/{made['id']}", {"team_id": team["id"], "member_id": person["id"]})
        administrator.post(f"requests/{made['id']}/notes", {"text": "Seen", "internal": True})
    return account.person("Specialist", "specialist")[1]


def only_the_token_is_known(account: Account, client: Client) -> None:
    account.clock.step(2)
    client.get("requests", per_page="1", fields="id")
    account.asked.collections.clear()


def cost(account: Account, client: Client, path: str, **parameters: str) -> list[str]:
    only_the_token_is_known(account, client)
    assert len(client.get(path, **parameters)) == 25
    return sorted(account.asked.collections)


def test_a_page_of_requests_costs_one_query_a_count_and_one_per_kind_of_reference(
    account: Account, specialist: Client
) -> None:
    assert cost(account, specialist, "requests", per_page="25") == ["people", "requests", "requests", "teams"]


def test_all_fields_cost_no_more_than_their_kinds(account: Account, specialist: Client) -> None:
    assert cost(account, specialist, "requests", per_page="25", fields="*") == [
        "organizations",
        "people",
        "requests",
        "requests",
        "teams",
    ]


def test_a_page_of_notes_costs_besides_the_name_of_the_account(account: Account, specialist: Client) -> None:
    found = cost(account, specialist, "notes", per_page="25")
    assert found == ["copy_account", "notes", "notes", "people"]


def test_one_request_costs_itself_and_its_references(account: Account, specialist: Client) -> None:
    request = specialist.get("requests", per_page="1")[0]
    only_the_token_is_known(account, specialist)
    specialist.get(f"requests/{request['id']}")
    assert sorted(account.asked.collections) == ["organizations", "people", "requests", "teams"]


def test_names_that_were_just_looked_up_cost_nothing(account: Account, specialist: Client) -> None:
    request = specialist.get("requests", per_page="1")[0]
    specialist.get(f"requests/{request['id']}")
    account.asked.collections.clear()
    specialist.get(f"requests/{request['id']}")
    assert account.asked.collections == ["requests"]


def test_what_a_change_has_saved_is_not_read_again(account: Account, specialist: Client) -> None:
    request = specialist.get("requests", per_page="1")[0]
    specialist.get(f"requests/{request['id']}")
    account.asked.collections.clear()
    specialist.patch(f"requests/{request['id']}", {"subject": "Looked into"})
    # The gateway looks whether it may be changed, the service loads it, and saves it. (By the clock, twice a
    # minute, a service looks whether its database is still the one it was.)
    asked = [name for name in account.asked.collections if name != "deployment"]
    assert asked == ["requests", "requests", "requests"]
