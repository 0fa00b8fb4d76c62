"""What reports are over: subjects, their fields, the moments they are counted at, and their measures."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Form(StrEnum):
    """What a measure is made of.

    count      how many rows
    total      the sum of `of`
    percent    the sum of `of` in percent of that of `among`
    share      the sum of `of` in percent of that of all groups of the same bucket
    quantile   the value of `of` below or at which `at` of the rows lie
    open       how many were open when the bucket ended
    """

    COUNT = "count"
    TOTAL = "total"
    PERCENT = "percent"
    SHARE = "share"
    QUANTILE = "quantile"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Measure:
    form: Form
    of: str = ""
    among: str = ""
    at: float = 0.5

    @property
    def sums(self) -> tuple[str, ...]:
        """What of the rows is summed up for it."""
        return () if self.form in (Form.QUANTILE, Form.OPEN) else tuple(filter(None, (self.of, self.among)))

    @property
    def unit(self) -> str:
        """In what its figures are; "" of a number of records."""
        if self.form in (Form.PERCENT, Form.SHARE):
            return "percent"
        return "minutes" if self.of.endswith("minutes") else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A field by which rows are grouped and filtered. `kind`: of the record that it refers to; else it is a
    word. `many`: a row has several; it is filtered by only."""

    path: str
    kind: str = ""
    many: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """`collection` holds the rows; `moments` are those that a row may be counted at, the usual one first."""

    collection: str
    moments: tuple[str, ...]
    fields: Mapping[str, Asked]
    measures: Mapping[str, Measure]
    of_representatives: str = ""


COUNT: Final = Measure(Form.COUNT)
#: Of `percent`, where it is of all rows.
ROWS: Final = ""


def _referring(*names: str, **kinds: str) -> dict[str, Asked]:
    called = {**{name: name for name in names}, **kinds}
    return {name: Asked(f"{name}_id", kind) for name, kind in called.items()}


def _words(*names: str) -> dict[str, Asked]:
    return {name: Asked(name) for name in names}


def _time(name: str, of: str) -> dict[str, Measure]:
    return {
        f"{name}_median": Measure(Form.QUANTILE, of, at=0.5),
        f"{name}_90th_percentile": Measure(Form.QUANTILE, of, at=0.9),
    }


SUBJECTS: Final[Mapping[str, Subject]] = {
    "requests": Subject(
        "request_rows",
        ("created_at", "completed_at"),
        {
            **_words("status", "category", "impact", "completion_reason", "customer", "holder", "reach"),
            **_referring("team", "service_instance", "organization"),
            **_referring(member="person", supplier="organization"),
            "sla": Asked("sla_ids", "sla", many=True),
        },
        {
            "count": COUNT,
            "open": Measure(Form.OPEN),
            **_time("resolution", "minutes"),
            "reopened": Measure(Form.TOTAL, "reopened"),
            "reopen_rate": Measure(Form.PERCENT, "reopened"),
            "returned": Measure(Form.TOTAL, "returned"),
            "ping_pong": Measure(Form.TOTAL, "ping_pong"),
        },
        of_representatives="sla",
    ),
    "affected_slas": Subject(
        "affected_sla_rows",
        ("started_at", "responded_at", "resolved_at"),
        {
            **_words("accountability", "impact"),
            **_referring(
                "sla",
                "service_instance",
                support_team="team",
                first_line_team="team",
                supplier="organization",
            ),
        },
        {
            "count": COUNT,
            "response_met": Measure(Form.PERCENT, "response_met", "response_decided"),
            "resolution_met": Measure(Form.PERCENT, "resolution_met", "resolution_decided"),
            **_time("response", "response_minutes"),
            **_time("resolution", "resolution_minutes"),
        },
        of_representatives="sla",
    ),
    "periods": Subject(
        "period_rows",
        ("ended_at", "started_at"),
        {
            **_words("account", "status", "category", "impact"),
            **_referring("team", "service_instance"),
        },
        {
            "count": COUNT,
            "handovers": Measure(Form.TOTAL, "passed"),
            "holding": Measure(Form.TOTAL, "minutes"),
            "holding_share": Measure(Form.SHARE, "minutes"),
            **_time("holding", "minutes"),
        },
    ),
    "notes": Subject(
        "note_rows",
        ("created_at",),
        {**_words("medium", "account", "visibility"), **_referring("person")},
        {"count": COUNT},
    ),
}
INTERNAL: Final = frozenset(
    {
        "team_id",
        "support_team_id",
        "first_line_team_id",
        "member_id",
        "supplier_id",
        "customer",
        "holder",
        "reach",
    }
)
"""What of a row is no business of who does not work for the account, as in requests."""
BUCKETS: Final = ("day", "week", "month")
MAX_GROUPS: Final = 2
MAX_MEASURES: Final = 6
MAX_DAYS: Final = 800
