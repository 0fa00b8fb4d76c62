"""Lists on a real database against a plain reading of the same rules in Python."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo.collection
import pymongo.cursor
import pymongo.database
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.common.listing import COUNT_LIMIT, Field, Kind, Listing, ListQuery, Page, page, terms
from services.common.listing.keyset import cursor_of

Database = pymongo.database.Database[dict[str, Any]]
Record = dict[str, Any]

LISTING = Listing(
    fields={
        "id": Field("_id", Kind.INTEGER, filterable=True, sortable=True),
        "subject": Field(filterable=True, sortable=True),
        "team": Field(kind=Kind.REFERENCE, filterable=True, sortable=True),
        "completed_at": Field(kind=Kind.TIME, filterable=True, sortable=True),
        "next_target_at": Field(kind=Kind.TARGET, filterable=True, sortable=True),
        "urgent": Field(kind=Kind.BOOLEAN, filterable=True, sortable=True),
    },
    predefined={"of_team": lambda viewer: {"team_id": viewer}, "urgent": {"urgent": True}},
    search_path="terms",
)
PATHS = {name: LISTING.path(name) for name in LISTING.fields}
START = datetime(2025, 1, 1, tzinfo=UTC)

moments = st.integers(0, 4).map(lambda days: START + timedelta(days=days))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.integers(1, 30),
    "subject": st.sampled_from(["a", "b", "a,b", "!a", "\\", "B", "ä"]),
    "team": st.integers(1, 4),
    "completed_at": moments,
    "next_target_at": st.one_of(moments, st.sampled_from(["best_effort", "clock_stopped"])),
    "urgent": st.booleans(),
}
MISSING = object()


@st.composite
def collections(draw: st.DrawFn) -> list[Record]:
    records = []
    for number in draw(st.lists(st.integers(1, 30), unique=True, max_size=14)):
        record: Record = {"_id": number}
        for name in ("subject", "team", "completed_at", "next_target_at", "urgent"):
            value = draw(st.one_of(st.sampled_from([None, MISSING]), VALUES[name]))
            if value is not MISSING:
                record[PATHS[name]] = value
        records.append(record)
    return records


def written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text.replace("\\", "\\\\").replace(",", "\\,") if not text.startswith("!") else "\\" + text


@st.composite
def filters(draw: st.DrawFn) -> tuple[tuple[str, str], Callable[[Record], bool]]:
    """A filter as a caller writes it, and what it means."""
    name = draw(st.sampled_from(sorted(VALUES)))
    path = PATHS[name]
    key = draw(st.sampled_from([name, f"{name}_id"] if name == "team" else [name]))

    def held(record: Record) -> Any:
        value = record.get(path)
        return False if name == "urgent" and value is None else value

    operators = ["is", "not", "empty", "present", "in", "not in"]
    if name in ("id", "team", "completed_at"):
        operators += ["<", "<=", ">", ">=", "range"]
    operator = draw(st.sampled_from(operators))
    some = draw(st.lists(VALUES[name], min_size=1, max_size=3))
    first, text = some[0], ",".join(written(value) for value in some)
    compare: dict[str, Callable[[Any, Any], bool]] = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    match operator:
        case "is":
            return (key, written(first)), lambda record: held(record) == first
        case "not":
            return (key, "!" + written(first)), lambda record: held(record) != first
        case "empty":
            return (key, ""), lambda record: record.get(path) is None
        case "present":
            return (key, "!"), lambda record: record.get(path) is not None
        case "in":
            return (key, text), lambda record: held(record) in some
        case "not in":
            negation = draw(st.sampled_from([(f"{key}!", text), (key, "!" + text)]))
            return negation, lambda record: held(record) not in some
        case "range":
            low, high = draw(st.sampled_from([">", ">="])), draw(st.sampled_from(["<", "<="]))
            last = some[-1]
            return (
                (key, f"{low}{written(first)}{high}{written(last)}"),
                lambda record: (
                    record.get(path) is not None
                    and compare[low](record[path], first)
                    and compare[high](record[path], last)
                ),
            )
    return (
        key,
        operator + written(first),
    ), lambda record: record.get(path) is not None and compare[operator](record[path], first)


sorts = st.lists(
    st.tuples(st.sampled_from(["", "-"]), st.sampled_from(sorted(VALUES))),
    unique_by=lambda part: part[1],
    max_size=3,
).map(lambda parts: ",".join(direction + name for direction, name in parts))


def rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, bool):
        return (3, value)
    if isinstance(value, int):
        return (1, value)
    return (2, value.encode()) if isinstance(value, str) else (4, value)


def in_order(records: list[Record], sort: str) -> list[int]:
    """The ids of the records as `sort` wants them: nothing first, equals by id."""
    parts = sort.split(",") if sort else ["-id"]
    ordered = sorted(records, key=lambda record: record["_id"], reverse=parts[-1].startswith("-"))
    for part in reversed(parts):
        path = PATHS[part.removeprefix("-")]
        ordered.sort(key=lambda record: rank(record.get(path)), reverse=part.startswith("-"))
    return [record["_id"] for record in ordered]


def ids(found: Page) -> list[int]:
    return [item["_id"] for item in found.items]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=collections(),
    wanted=st.lists(filters(), max_size=2),
    sort=sorts,
    per_page=st.integers(1, 5),
    several=st.booleans(),
)
def test_a_list_gives_what_its_rules_say_and_each_record_once_both_ways(
    mongo: Database,
    records: list[Record],
    wanted: list[tuple[tuple[str, str], Callable[[Record], bool]]],
    sort: str,
    per_page: int,
    several: bool,
) -> None:
    collections = {"even": mongo.even, "odd": mongo.odd} if several else {"all": mongo.all}
    parts = list(collections.values())
    for part in parts:
        part.delete_many({})
    for record in records:
        parts[record["_id"] % len(parts)].insert_one(record)
    asked_of = collections if several else mongo.all
    expected = in_order([each for each in records if all(holds(each) for _, holds in wanted)], sort)
    asked = [pair for pair, _ in wanted] + [("per_page", str(per_page))] + ([("sort", sort)] if sort else [])

    def ask(*more: tuple[str, str]) -> Page:
        return page(asked_of, LISTING, ListQuery.parse([*asked, *more], LISTING))

    forward = [ask()]
    while forward[-1].next:
        forward.append(ask(("search_after", forward[-1].next)))
    assert [number for each in forward for number in ids(each)] == expected
    assert [each.current_page for each in forward] == list(range(1, len(forward) + 1))
    assert {each.total for each in forward} == {len(expected)}
    assert forward[0].prev is None

    backward = [forward[-1]]
    while backward[-1].prev:
        backward.append(ask(("search_before", backward[-1].prev)))
    assert [ids(each) for each in reversed(backward)] == [ids(each) for each in forward]

    numbered = [ask(("page", str(number + 1))) for number in range(len(forward))]
    assert [ids(each) for each in numbered] == [ids(each) for each in forward]
    assert ids(ask(("page", str(len(forward) + 1)))) == []


def fill(mongo: Database, number: int) -> None:
    mongo.records.insert_many([{"_id": each, "team_id": each % 2} for each in range(1, number + 1)])


def test_records_of_several_collections_say_whose_they_are(mongo: Database) -> None:
    mongo.even.insert_one({"_id": 2})
    mongo.odd.insert_one({"_id": 1})
    found = page({"even": mongo.even, "odd": mongo.odd}, LISTING, ListQuery.parse({}, LISTING))
    assert found.items == ({"_id": 2, "service": "even"}, {"_id": 1, "service": "odd"})


def test_a_record_is_neither_skipped_nor_repeated_when_others_come_and_go(mongo: Database) -> None:
    fill(mongo, 10)
    first = page(mongo.records, LISTING, ListQuery.parse({"per_page": "4"}, LISTING))
    assert ids(first) == [10, 9, 8, 7]
    mongo.records.insert_one({"_id": 11})
    mongo.records.delete_one({"_id": 7})  # the very record that the cursor names
    assert first.next
    second = page(
        mongo.records, LISTING, ListQuery.parse({"per_page": "4", "search_after": first.next}, LISTING)
    )
    assert ids(second) == [6, 5, 4, 3]


def test_a_cursor_of_another_order_is_refused(mongo: Database) -> None:
    fill(mongo, 3)
    first = page(mongo.records, LISTING, ListQuery.parse({"per_page": "1"}, LISTING))
    assert first.next
    with pytest.raises(Invalid) as caught:
        ListQuery.parse({"sort": "team", "search_after": first.next}, LISTING)
    assert "sort=team,id" in caught.value.errors[0][1]


def test_counts_are_exact_to_ten_thousand_and_a_bound_beyond(mongo: Database) -> None:
    fill(mongo, COUNT_LIMIT)
    query = ListQuery.parse({"per_page": "100"}, LISTING)
    exact = page(mongo.records, LISTING, query, projection={"_id": 1})
    assert (exact.total, exact.throttled, exact.total_pages) == (COUNT_LIMIT, False, 100)
    mongo.records.insert_one({"_id": COUNT_LIMIT + 1})
    bounded = page(mongo.records, LISTING, query, projection={"_id": 1})
    assert (bounded.total, bounded.throttled) == (COUNT_LIMIT, True)
    with pytest.raises(Invalid, match=r"Validation Failed"):
        page(mongo.records, LISTING, ListQuery.parse({"page": "101", "per_page": "100"}, LISTING))


def test_whoever_has_gone_past_the_bound_is_told_of_it_without_another_count(mongo: Database) -> None:
    """Such pages would each cost a count of ten thousand records, which says nothing new."""
    fill(mongo, 20)
    keys = ListQuery.parse({}, LISTING).sort
    for before, total in ((10, 20), (COUNT_LIMIT - 5, 20), (COUNT_LIMIT, COUNT_LIMIT)):
        place = cursor_of({"_id": 10}, before - 1, keys)
        query = ListQuery.parse({"per_page": "5", "search_after": place}, LISTING)
        found = page(mongo.records, LISTING, query)
        assert (found.total, found.throttled) == (total, total == COUNT_LIMIT)


class Spied(pymongo.collection.Collection[Record]):
    """Keeps what it was asked for."""

    asked: Record

    def find(self, *arguments: Any, **options: Any) -> pymongo.cursor.Cursor[Record]:
        self.asked = arguments[0]
        return super().find(*arguments, **options)


def test_the_first_page_too_asks_first_for_what_few_have(mongo: Database) -> None:
    """The local database walks the index of the first condition that has one."""
    fill(mongo, 20)
    spied = Spied(mongo, "records")
    found = page(spied, LISTING, ListQuery.parse({"team": "1"}, LISTING), {"unlisted": None})
    assert list(spied.asked) == ["team_id", "unlisted"]
    assert found.total == len(found.items) > 0


def test_predefined_filters_know_who_asks(mongo: Database) -> None:
    fill(mongo, 6)
    query = ListQuery.parse({}, LISTING, "of_team")
    assert ids(page(mongo.records, LISTING, query, viewer=1)) == [5, 3, 1]


def test_a_search_finds_records_with_every_word(mongo: Database) -> None:
    mongo.records.insert_many(
        [
            {"_id": 1, "terms": terms("Mail does not arrive")},
            {"_id": 2, "terms": terms("No mail, no café")},
        ]
    )
    for asked, expected in (("mail", [2, 1]), ("MAIL CAFE", [2]), ("mail printer", [])):
        assert ids(page(mongo.records, LISTING, ListQuery.parse({"search": asked}, LISTING))) == expected


def test_what_a_service_lets_through_bounds_every_page(mongo: Database) -> None:
    fill(mongo, 6)
    found = page(mongo.records, LISTING, ListQuery.parse({"team": "0,1"}, LISTING), {"team_id": 1})
    assert ids(found) == [5, 3, 1]
    assert found.total == 3
