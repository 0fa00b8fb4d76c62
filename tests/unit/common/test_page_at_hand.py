"""Lists that are at hand are paged as those of the database."""

from typing import Any

import pytest

from services.common.errors import Invalid
from services.common.listing import Field, Kind, Listing, ListQuery, page_at_hand

AT_HAND = Listing(
    fields={"id": Field(kind=Kind.INTEGER, sortable=True), "name": Field(sortable=True)}, default_sort="id"
)


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name"])
def test_a_list_at_hand_is_paged_as_any_other(sort: str) -> None:
    records = [{"id": number, "name": f"{number % 3}"} for number in range(7)]
    everything = page_at_hand(records, AT_HAND, ListQuery.parse({"sort": sort}, AT_HAND)).items
    assert sorted(each["id"] for each in everything) == list(range(7))

    def ask(**more: str) -> Any:
        return page_at_hand(
            records, AT_HAND, ListQuery.parse({"sort": sort, "per_page": "3", **more}, AT_HAND)
        )

    pages = [ask()]
    while pages[-1].next:
        pages.append(ask(search_after=pages[-1].next))
    assert tuple(each for page in pages for each in page.items) == everything
    assert ask(search_before=pages[-1].prev).items == pages[1].items
    assert ask(page="2").items == pages[1].items
    assert {page.total for page in pages} == {7}


def test_a_list_without_filters_says_so() -> None:
    with pytest.raises(Invalid) as refused:
        ListQuery.parse({"id": "5"}, Listing(fields={"id": Field("_id", sortable=True)}))
    assert refused.value.errors == [("id", "cannot be filtered by; filters are: none")]
