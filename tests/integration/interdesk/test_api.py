"""The command's client of the public API: refusals are told in the API's own words, limits are waited out."""

from __future__ import annotations

import pytest

from interdesk.api import Api, ApiError
from interdesk.demo.setting import new_token
from tests.integration.interdesk.scripted import Answer, Scripted


def test_a_list_is_read_page_after_page(server: Scripted) -> None:
    following = f'<{server.url}/v1/teams?after=2&per_page=2>; rel="next"'
    server.script = {
        "/v1/teams": [(200, {"Link": following}, [{"id": 1}, {"id": 2}])],
        "/v1/teams?after=2&per_page=2": [(200, {}, [{"id": 3}])],
    }
    with Api(server.url, "secret") as api:
        assert [team["id"] for team in api.get_all("teams")] == [1, 2, 3]
    assert {seen[2] for seen in server.seen} == {"Bearer secret"}


def test_of_a_long_list_the_beginning_is_read_and_how_long_it_is(server: Scripted) -> None:
    following = f'<{server.url}/v1/deliveries?more>; rel="next"'
    headers = {"Link": following, "X-Pagination-Total-Entries": "10000", "X-Pagination-Throttled": "true"}
    server.script = {
        "/v1/deliveries?state=sent&per_page=100": [(200, headers, [{"id": n} for n in range(100)])],
        "/v1/deliveries?state=sent&per_page=2": [(200, headers, [{"id": 0}, {"id": 1}])],
        "/v1/deliveries?more": [(200, headers, [{"id": n} for n in range(100, 200)])],
    }
    with Api(server.url, "secret") as api:
        found = [api.get_first("deliveries", most, state="sent") for most in (150, 2)]
    assert [[each["id"] for each in one.records] for one in found] == [list(range(150)), [0, 1]]
    assert {(one.total, one.more_than_total) for one in found} == {(10_000, True)}
    assert len(server.seen) == 3


def test_who_does_not_answer_in_time_is_told_with_what_to_do(server: Scripted) -> None:
    server.script, server.silent = {"/v1/teams": [(201, {}, {"id": 1})]}, 2
    with Api(server.url, "secret", timeout_seconds=0.2) as api:
        with pytest.raises(ApiError, match=r"does not answer within 0.2 s: .*try again later$") as caught:
            api.get("teams")
        with pytest.raises(ApiError, match="look first whether this was done"):
            api.post("teams", {"name": "Network"})
    assert caught.value.status == 0


def test_who_is_patient_asks_again_for_the_same_record(server: Scripted) -> None:
    away: Answer = (503, {"Retry-After": "1"}, {"message": "organizations did not answer."})
    server.script, server.silent = {"/v1/teams": [away, (201, {}, {"id": 1})]}, 1
    with Api(server.url, "secret", patience_seconds=30, timeout_seconds=0.2) as api:
        assert api.post("teams", {"name": "Network"}) == {"id": 1}
    assert len(server.keys) == 3
    assert len(set(server.keys) - {None}) == 1


def test_of_a_token_whose_answer_was_lost_another_is_made(server: Scripted) -> None:
    lost: Answer = (
        409,
        {"X-Interdesk-Error": "shown_once"},
        {"message": "It was shown already."},
    )
    server.script, server.silent = {"/v1/personal_access_tokens": [lost, (201, {}, {"token": "new"})]}, 1
    with Api(server.url, "secret", patience_seconds=30, timeout_seconds=0.2) as api:
        assert new_token(api, 5, "demo: specialist") == "new"
    first, again, another = server.keys
    assert first == again != another


def test_patience_ends(server: Scripted) -> None:
    server.script, server.silent = {"/v1/me": [(200, {}, {"id": 1})]}, 100
    with Api(server.url, "secret", patience_seconds=0.3, timeout_seconds=0.1) as api, pytest.raises(ApiError):
        api.get("me")


def test_what_is_no_json_is_told(server: Scripted) -> None:
    server.script = {"/v1/me": [(200, {}, ...)]}
    with Api(server.url, "secret") as api, pytest.raises(ApiError, match="is this the gateway"):
        api.get("me")


def test_a_refusal_is_told_in_the_apis_words(server: Scripted) -> None:
    refusal = {"message": "Validation Failed", "errors": [["status", "is not one of them"]]}
    server.script = {"/v1/requests": [(422, {}, refusal)]}
    with Api(server.url, "secret") as api, pytest.raises(ApiError) as caught:
        api.post("requests", {"status": "odd"})
    assert caught.value.status == 422
    assert caught.value.errors == [("status", "is not one of them")]
    assert str(caught.value) == "Validation Failed; status: is not one of them"


def test_an_answer_that_is_none_of_ours_is_a_refusal_too(server: Scripted) -> None:
    server.script = {"/v1/me": [(502, {}, "a proxy speaks")]}
    with Api(server.url, "secret") as api, pytest.raises(ApiError, match="HTTP 502"):
        api.get("me")


def test_a_burst_limit_is_waited_out(server: Scripted) -> None:
    limited: Answer = (429, {"Retry-After": "0.01"}, {"message": "Too Many Requests"})
    server.script = {"/v1/me": [limited, limited, (200, {}, {"id": 1})]}
    with Api(server.url, "secret") as api:
        assert api.get("me") == {"id": 1}


def test_an_hours_limit_is_told_at_once(server: Scripted) -> None:
    server.script = {"/v1/me": [(429, {"Retry-After": "1800"}, {"message": "Too Many Requests"})]}
    with Api(server.url, "secret") as api, pytest.raises(ApiError) as caught:
        api.get("me")
    assert caught.value.status == 429
    assert len(server.seen) == 1


def test_an_empty_answer_is_nothing(server: Scripted) -> None:
    server.script = {"/v1/personal_access_tokens/7": [(204, {}, None)]}
    with Api(server.url, "secret") as api:
        api.delete("personal_access_tokens/7")
    assert server.seen == [("DELETE", "/v1/personal_access_tokens/7", "Bearer secret")]
