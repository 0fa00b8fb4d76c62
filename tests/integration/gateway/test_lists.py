"""What lists have in common (docs/api.md), over real services."""

from __future__ import annotations

import json

import pytest

from services.common.ids import node_id
from tests.integration.gateway.account import Account, Client, pages
from tests.integration.gateway.made import KINDS, NODE_TYPES, Made

COLLECTIONS = (*KINDS, "notes", "handovers", "trusts", "personal_access_tokens")


@pytest.mark.parametrize("path", COLLECTIONS)
def test_a_list_is_a_bare_array_that_says_how_long_it_is(
    administrator: Client, records: dict[str, list[Made]], path: str
) -> None:
    response = administrator.send("GET", path)
    assert response.status_code == 200, response.text
    body = json.loads(response.data)
    assert isinstance(body, list)
    assert int(response.headers["X-Pagination-Total-Entries"]) >= len(body)
    assert response.headers["X-Pagination-Throttled"] == "false"
    assert response.headers["X-Pagination-Per-Page"] == "20"


@pytest.mark.parametrize("path", COLLECTIONS)
def test_all_fields_can_be_asked_for_and_each_alone(
    administrator: Client, records: dict[str, list[Made]], path: str
) -> None:
    for record in administrator.get(path, fields="*"):
        assert set(record) >= {"id"}
        for name in set(record) - {"id", "nodeID", "account"}:
            assert set(administrator.get(path, fields=name, per_page="1")[0]) - {"nodeID"} == {"id", name}
        break


@pytest.mark.parametrize("path", COLLECTIONS)
def test_what_a_list_does_not_offer_is_refused_by_name(administrator: Client, path: str) -> None:
    for parameters in ({"nonsense": "1"}, {"fields": "nonsense"}, {"sort": "nonsense"}, {"per_page": "101"}):
        response = administrator.send("GET", path, query_string=parameters)
        assert response.status_code == 422
        body = json.loads(response.data)
        assert body["message"] == "Validation Failed"
        assert body["errors"][0][0] == next(iter(parameters))


@pytest.mark.parametrize("path", NODE_TYPES)
def test_one_record_shows_all_that_the_list_can_show(
    administrator: Client, records: dict[str, list[Made]], path: str
) -> None:
    made = records[path][0]
    shown = administrator.get(f"{path}/{made['id']}")
    listed = administrator.get(path, fields="*", ids=str(made["id"]))
    assert listed == [shown]


@pytest.mark.parametrize("path", COLLECTIONS[:-1])
@pytest.mark.parametrize("id", ["999999", "nonsense", node_id("gigatera.example", "Person", 1), "0", "-1"])
def test_an_id_that_names_nothing_here_is_not_found(administrator: Client, path: str, id: str) -> None:
    response = administrator.send("GET", f"{path}/{id}")
    assert response.status_code == 404
    assert json.loads(response.data) == {"message": "Not Found"}


@pytest.mark.parametrize("path", NODE_TYPES)
def test_following_next_gives_each_record_once_and_prev_leads_back(
    administrator: Client, records: dict[str, list[Made]], path: str
) -> None:
    walked = list(pages(administrator, path, per_page="2", fields="id"))
    ids = [record["id"] for page in walked for record in json.loads(page.data)]
    assert len(ids) == len(set(ids)) == int(walked[0].headers["X-Pagination-Total-Entries"])
    assert 'rel="prev"' not in walked[0].headers["Link"]
    assert 'rel="next"' not in walked[-1].headers["Link"]
    assert [int(page.headers["X-Pagination-Current-Page"]) for page in walked] == list(
        range(1, len(walked) + 1)
    )
    back = administrator.get(
        path, per_page="2", fields="id", search_before=walked[1].headers["X-Pagination-Start-Cursor"]
    )
    assert [record["id"] for record in back] == ids[:2]


def test_links_are_absolute_and_hold_the_filters(
    administrator: Client, records: dict[str, list[Made]]
) -> None:
    parameters = {"per_page": "1", "category": "rfi,incident", "sort": "-id"}
    response = administrator.send("GET", "requests/open", query_string=parameters)
    assert response.headers["Link"].startswith(
        "<https://widget.example/v1/requests/open?predefined_filter=open&category=rfi%2Cincident&sort=-id&per_page=1&"
    )


def test_reading_calls_no_service(
    account: Account, administrator: Client, records: dict[str, list[Made]]
) -> None:
    account.caller.calls.clear()
    for path in COLLECTIONS:
        administrator.get(path)
    assert account.caller.calls == []
