"""The Link header and its companions, as clients of 4me read them."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.links import headers
from services.common.listing import Field, Kind, Listing, ListQuery, Page

LISTING = Listing(
    fields={
        "id": Field("_id", Kind.INTEGER, filterable=True, sortable=True),
        "subject": Field(filterable=True),
    },
    predefined={"open": {}},
)
URL = "https://widget.example/v1/requests/open"


def page(**changes: object) -> Page:
    values: dict[str, object] = {
        "items": ({"_id": 1},),
        "total": 45,
        "throttled": False,
        "per_page": 20,
        "current_page": 2,
        "start_cursor": "START",
        "end_cursor": "END",
        "next": "END",
        "prev": "START",
    }
    return Page(**{**values, **changes})  # type: ignore[arg-type]


def written(page: Page, *asked: tuple[str, str], predefined: str | None = None) -> dict[str, str]:
    return dict(headers(page, ListQuery.parse(asked, LISTING, predefined), URL))


def links(found: dict[str, str]) -> dict[str, str]:
    """relation -> URL, split as simple clients do: at commas, then at the semicolon."""
    parsed = {}
    for part in found["Link"].split(","):
        url, relation = part.strip().split(";")
        assert relation.strip().startswith('rel="')
        parsed[relation.strip()[5:-1]] = url[1:-1]
    return parsed


def query_of(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def test_a_page_in_the_middle_leads_to_the_first_the_previous_and_the_next() -> None:
    found = links(written(page()))
    assert list(found) == ["first", "prev", "next"]
    assert query_of(found["first"]) == [("per_page", "20")]
    assert query_of(found["prev"]) == [("per_page", "20"), ("search_before", "START")]
    assert query_of(found["next"]) == [("per_page", "20"), ("search_after", "END")]
    assert all(url.startswith(f"{URL}?") for url in found.values())


def test_the_first_page_has_no_first_and_no_previous() -> None:
    assert list(links(written(page(current_page=1, prev=None)))) == ["next"]


def test_the_last_page_has_no_next() -> None:
    assert list(links(written(page(next=None)))) == ["first", "prev"]


def test_a_list_on_one_page_has_no_links() -> None:
    assert "Link" not in written(page(current_page=1, next=None, prev=None, total=1))


def test_links_repeat_the_filters_with_commas_and_semicolons_encoded() -> None:
    asked = (("subject", "a\\,b;c"), ("sort", "-id"), ("subject!", ""))
    found = links(written(page(), *asked, predefined="open"))
    assert query_of(found["next"]) == [
        ("predefined_filter", "open"),
        *asked,
        ("per_page", "20"),
        ("search_after", "END"),
    ]
    assert "," not in found["next"]
    assert ";" not in found["next"]


def test_numbered_pages_lead_to_numbers_and_to_the_last() -> None:
    found = links(written(page(numbered=True), ("page", "2")))
    assert {relation: dict(query_of(url)).get("page") for relation, url in found.items()} == {
        "first": "1",
        "prev": "1",
        "next": "3",
        "last": "3",
    }


def test_the_place_of_the_page_and_the_size_of_the_list_are_always_said() -> None:
    assert {name: value for name, value in written(page()).items() if name != "Link"} == {
        "X-Pagination-Per-Page": "20",
        "X-Pagination-Current-Page": "2",
        "X-Pagination-Total-Pages": "3",
        "X-Pagination-Total-Entries": "45",
        "X-Pagination-Throttled": "false",
        "X-Pagination-Start-Cursor": "START",
        "X-Pagination-End-Cursor": "END",
    }


@pytest.mark.parametrize("throttled", [True, False])
def test_a_bounded_count_says_so(throttled: bool) -> None:
    assert written(page(throttled=throttled))["X-Pagination-Throttled"] == str(throttled).lower()


def test_an_empty_list_is_a_list() -> None:
    empty = page(items=(), total=0, current_page=1, start_cursor=None, end_cursor=None, next=None, prev=None)
    found = written(empty)
    assert found["X-Pagination-Total-Entries"] == "0"
    assert found["X-Pagination-Total-Pages"] == "0"
    assert "X-Pagination-Start-Cursor" not in found
