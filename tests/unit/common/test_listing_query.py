"""What a query string may ask of a list, and how everything else is refused by name."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.common.listing import Field, Kind, Listing, ListQuery, all_of, quoted, terms
from services.common.listing.matching import behind_first

LISTING = Listing(
    fields={
        "id": Field("_id", Kind.INTEGER, filterable=True, sortable=True),
        "subject": Field(filterable=True, sortable=True),
        "email": Field("email_folded", filterable=True, fold=True),
        "status": Field(
            kind=Kind.ENUM, filterable=True, sortable=True, choices=frozenset({"assigned", "completed"})
        ),
        "team": Field(kind=Kind.REFERENCE, filterable=True, sortable=True),
        "watchers": Field("watcher_ids", Kind.REFERENCE, filterable=True, many=True),
        "created_at": Field(kind=Kind.TIME, filterable=True, sortable=True),
        "start_date": Field(kind=Kind.DATE, filterable=True),
        "start_at": Field(kind=Kind.LOCAL, filterable=True),
        "next_target_at": Field(kind=Kind.TARGET, filterable=True, sortable=True),
        "urgent": Field(kind=Kind.BOOLEAN, filterable=True),
        "note": Field(),
        "roles": Field(filterable=True, many=True, shown=False),
    },
    also=("summary",),
    default_fields=("subject", "team"),
    default_sort="-id",
    predefined={
        "open": {"status": {"$ne": "completed"}},
        "mine": lambda viewer: {"member_id": viewer},
    },
    search_path="terms",
)


def parse(*pairs: tuple[str, str], predefined: str | None = None) -> ListQuery:
    return ListQuery.parse(pairs, LISTING, predefined)


def refused(*pairs: tuple[str, str], predefined: str | None = None) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse(*pairs, predefined=predefined)
    return dict(caught.value.errors)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("team", "5", {"team_id": 5}),
        ("team_id", "5", {"team_id": 5}),
        ("team", "!5", {"team_id": {"$ne": 5}}),
        ("team!", "5", {"team_id": {"$ne": 5}}),
        ("team", "", {"team_id": None}),
        ("team", "!", {"team_id": {"$ne": None}}),
        ("team", "5,6", {"team_id": {"$in": [5, 6]}}),
        ("team", "!5,6", {"team_id": {"$nin": [5, 6]}}),
        ("status!", "assigned,completed", {"status": {"$nin": ["assigned", "completed"]}}),
        ("ids", "3,4", {"_id": {"$in": [3, 4]}}),
        ("id", "<5", {"_id": {"$lt": 5}}),
        ("id", "<=5", {"_id": {"$lte": 5}}),
        ("id", ">5", {"_id": {"$gt": 5}}),
        ("id", ">=5", {"_id": {"$gte": 5}}),
        ("id", ">5<9", {"_id": {"$gt": 5, "$lt": 9}}),
        ("id", ">=5<=9", {"_id": {"$gte": 5, "$lte": 9}}),
        ("subject", r"a\,b", {"subject": "a,b"}),
        ("subject", r"a\,b,c", {"subject": {"$in": ["a,b", "c"]}}),
        ("subject", r"\!a", {"subject": "!a"}),
        ("subject", r"a\\", {"subject": "a\\"}),
        ("subject", "<5", {"subject": "<5"}),
        ("email", "Ann@Widget.Example", {"email_folded": "ann@widget.example"}),
        ("watchers", "", {"watcher_ids.0": {"$exists": False}}),
        ("watchers", "!", {"watcher_ids.0": {"$exists": True}}),
        ("watchers", "7", {"watcher_ids": 7}),
        ("urgent", "YES", {"urgent": True}),
        ("urgent", "false", {"urgent": {"$in": [False, None]}}),
        ("urgent", "!false", {"urgent": {"$nin": [False, None]}}),
        ("start_date", ">=2025-01-31", {"start_date": {"$gte": "2025-01-31"}}),
        ("start_at", ">=2025-01-31", {"start_at": {"$gte": "2025-01-31T00:00"}}),
        ("start_at", "2025-01-31T09:30:00", {"start_at": "2025-01-31T09:30"}),
        ("next_target_at", "best_effort", {"next_target_at": "best_effort"}),
    ],
)
def test_operators_stand_in_the_value(name: str, value: str, wanted: dict[str, Any]) -> None:
    assert parse((name, value)).filter == wanted


@pytest.mark.parametrize(
    "written",
    [
        "2025-01-31T08:30:00Z",
        "2025-01-31T09:30:00+01:00",
        "2025-01-31T09:30:00 01:00",  # a plus sign that nobody encoded
        "2025-01-31T08:30:00",
        "2025-01-31 08:30",
    ],
)
def test_a_time_is_read_in_its_zone_and_asked_in_utc(written: str) -> None:
    assert parse(("created_at", f">{written}")).filter == {
        "created_at": {"$gt": datetime(2025, 1, 31, 8, 30, tzinfo=UTC)}
    }


def test_conditions_are_joined_and_stay_flat_where_they_can() -> None:
    query = parse(("id", ">5"), ("id", "<9"), ("team", "1"), ("team", "!2"))
    assert query.filter == {"_id": {"$gt": 5, "$lt": 9}, "team_id": {"$eq": 1, "$ne": 2}}


def test_two_lower_bounds_both_hold() -> None:
    assert parse(("id", ">5"), ("id", ">7")).filter == {
        "_id": {"$gt": 5},
        "$and": [{"_id": {"$gt": 7}}],
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("team", "five"),
        ("team", "5,"),
        ("team", "1" * 30),
        ("id", ">5<"),
        ("id", ">"),
        ("id", "!>5"),
        ("id", ">=5>=6"),
        ("status", "broken"),
        ("status", "$ne"),
        ("created_at", "yesterday"),
        ("start_date", "2025-02-30"),
        ("start_at", "2025-02-30"),
        ("start_at", "2025-01-31T09:30Z"),
        ("urgent", "perhaps"),
        ("subject", "x" * 1001),
        ("note", "x"),
        ("summary", "x"),
        ("nonsense", "x"),
        ("$where", "1"),
        ("watcher_ids.0", "1"),
        ("page", "0"),
        ("page", "-1"),
        ("per_page", "0"),
        ("per_page", "101"),
        ("per_page", "²"),
        ("sort", "note"),
        ("sort", "id,-id"),
        ("sort", "-"),
        ("fields", "nonsense"),
        ("fields", ""),
        ("search", "!?"),
        ("search_after", "nonsense"),
        ("search_before", "bnVsbA"),
        ("predefined_filter", "closed"),
    ],
)
def test_what_a_list_does_not_offer_is_refused_by_name(name: str, value: str) -> None:
    assert name in refused((name, value))


def test_every_problem_is_named_at_once() -> None:
    assert set(refused(("nonsense", "1"), ("team", "x"), ("per_page", "0"))) == {
        "nonsense",
        "team",
        "per_page",
    }


def test_an_unknown_filter_is_told_what_filters_there_are() -> None:
    assert "created_at, email, id" in refused(("nonsense", "1"))["nonsense"]


def test_a_parameter_of_the_list_itself_is_given_once() -> None:
    assert "sort" in refused(("sort", "id"), ("sort", "-id"))


def test_only_one_way_of_paging_at_a_time() -> None:
    assert "search_after" in refused(("page", "2"), ("search_after", "x"))


def test_a_list_shows_its_default_fields_with_the_id_first() -> None:
    assert parse().fields == ("id", "subject", "team")


def test_chosen_fields_come_with_the_id() -> None:
    assert parse(("fields", "subject,team_id")).fields == ("id", "subject", "team")
    assert parse(("fields", "*")).fields == LISTING.names


def test_a_question_may_be_narrowed_to_some_records() -> None:
    assert parse(("team", "5")).among([9, 7, 7]).filter == {"team_id": 5, "_id": {"$in": [7, 9]}}
    assert parse(("ids", "7,8")).among([9, 7]).filter == {
        "_id": {"$in": [7, 8]},
        "$and": [{"_id": {"$in": [7, 9]}}],
    }


def test_a_field_may_be_there_to_filter_by_only() -> None:
    assert parse(("roles", "auditor")).filter == {"roles": "auditor"}
    assert "roles" not in parse(("fields", "*")).fields
    assert "fields" in refused(("fields", "roles"))


def test_the_id_decides_between_equals_in_the_direction_of_the_last_key() -> None:
    assert [key.written for key in parse(("sort", "subject,-team")).sort] == ["subject", "-team", "-id"]
    assert [key.written for key in parse(("sort", "-team,subject")).sort] == ["-team", "subject", "id"]
    assert [key.written for key in parse().sort] == ["-id"]
    assert [key.written for key in parse(("sort", "team,id,subject")).sort] == ["team", "id"]


def test_a_predefined_filter_comes_from_the_path_or_the_parameter() -> None:
    assert parse(predefined="open").predefined == "open"
    assert parse(("predefined_filter", "open")).predefined == "open"
    assert parse(("predefined_filter", "open"), predefined="open").predefined == "open"
    assert "predefined_filter" in refused(("predefined_filter", "mine"), predefined="open")
    assert LISTING.predefined_filter("mine", 7) == {"member_id": 7}


def test_links_repeat_what_was_asked_but_not_where_the_page_was() -> None:
    query = parse(("team", "5"), ("page", "2"), ("per_page", "5"), ("sort", "id"))
    assert query.named == (("team", "5"), ("sort", "id"))


def test_a_search_asks_for_normalized_words() -> None:
    assert parse(("search", "Café MAIL")).search == ("cafe", "mail")


def test_a_declaration_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="id"):
        Listing(fields={})
    with pytest.raises(ValueError, match="sortable"):
        Listing(fields={"id": Field("_id", Kind.INTEGER)})
    with pytest.raises(ValueError, match="array"):
        Listing(
            fields={
                "id": Field("_id", Kind.INTEGER, sortable=True),
                "tags": Field(many=True, sortable=True),
            }
        )


@given(st.lists(st.tuples(st.sampled_from([*LISTING.names, "team_id", "sort", "x!"]), st.text(max_size=20))))
def test_any_query_string_is_read_or_refused_with_reasons(pairs: list[tuple[str, str]]) -> None:
    def outcome() -> bool:
        try:
            return ListQuery.parse(pairs, LISTING).sort[-1].name == "id"
        except Invalid as refusal:
            return bool(refusal.errors)

    assert outcome()


@given(st.text(min_size=1, max_size=60))
def test_a_quoted_text_asks_for_exactly_itself(text: str) -> None:
    assert parse(("subject", quoted(text))).filter == {"subject": text}


@given(st.text(max_size=60))
def test_words_are_the_same_whatever_their_case_and_accents(text: str) -> None:
    assert terms(*terms(text)) == terms(text)
    assert terms("CAFÉ Ｍail Straße") == terms("café mail STRASSE") == ["cafe", "mail", "strasse"]


def test_one_filter_that_holds_where_all_do() -> None:
    assert all_of([{"a": 1}, {}, {"b": 2}]) == {"a": 1, "b": 2}
    assert all_of([{"a": 1}, {"a": 1}]) == {"a": 1}
    assert all_of([{"a": 1}, {"a": 2}]) == {"a": 1, "$and": [{"a": 2}]}
    assert all_of([{"$or": [{"a": 1}]}, {"$or": [{"b": 1}]}, {"a": {"$gt": 0}}]) == {
        "$or": [{"a": 1}],
        "a": {"$gt": 0},
        "$and": [{"$or": [{"b": 1}]}],
    }
    assert all_of([{"$and": [{"a": 1}]}, {"$and": [{"b": 1}]}]) == {"$and": [{"a": 1}, {"$and": [{"b": 1}]}]}


def test_of_what_is_behind_a_place_few_are_asked_for_first_and_what_is_empty_last() -> None:
    wanted = {"shelf": None, "team_id": 5}
    assert list(behind_first(wanted, {"name": {"$gt": "Ann"}})) == ["team_id", "name", "shelf"]
    same = behind_first(wanted, {"name": "Ann", "_id": {"$gt": 7}})
    assert list(same) == ["name", "team_id", "_id", "shelf"]
    assert list(behind_first(wanted, {"name": None, "_id": {"$gt": 7}}))[-2:] == ["shelf", "name"]


def test_the_order_of_conditions_changes_none_of_them() -> None:
    wanted = {"name": {"$gte": "A"}, "$or": [{"a": 1}], "shelf": None}
    assert behind_first(wanted, {"name": {"$gt": "Ann"}}) == all_of([wanted, {"name": {"$gt": "Ann"}}])
    named = behind_first({"name": {"$gte": "A"}}, {"name": {"$lt": "Z"}})
    assert named == {"name": {"$gte": "A", "$lt": "Z"}}
