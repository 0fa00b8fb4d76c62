"""What a report is of, checked: what does not fit together is refused by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.reporting.model.subjects import (
    INTERNAL,
    MAX_DAYS,
    MAX_GROUPS,
    SUBJECTS,
    Form,
    Measure,
    Subject,
)

Document = dict[str, Any]


class RuleBroken(Exception):
    """A report that can't be; `errors` are pairs of a field and a text."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        self.code, self.message, self.errors = "validation_failed", "Validation Failed", errors
        super().__init__(errors)


@dataclass(frozen=True)
class Definition:
    """A report that fits together."""

    of: str
    subject: Subject
    moment: str
    groups: tuple[str, ...]
    measures: Mapping[str, Measure]
    bucket: str | None
    filters: tuple[tuple[str, tuple[Any, ...]], ...]
    days: int

    @property
    def paths(self) -> tuple[str, ...]:
        """Where rows keep what they are grouped by."""
        return tuple(self.subject.fields[name].path for name in self.groups)

    @property
    def tells_open(self) -> bool:
        return any(each.form is Form.OPEN for each in self.measures.values())

    def among(self, name: str, values: tuple[Any, ...]) -> "Definition":
        """The same report of fewer rows."""
        return Definition(**{**self._all(), "filters": (*self.filters, (name, values))})

    @property
    def not_for_representatives(self) -> str | None:
        """Why customer representatives may not see it: nobody represents what is of no SLA, and who holds a
        request is not shown to them. None when they may."""
        if not self.subject.of_representatives:
            return f"{self.of} are no business of customer representatives"
        hidden = [name for name in self.groups if self.subject.fields[name].path in INTERNAL]
        return f"customer representatives are not shown by {' and '.join(hidden)}" if hidden else None

    def of_slas(self, ids: tuple[int, ...]) -> "Definition | None":
        """The same report of these SLAs' rows, for their customer representatives. None where it is not for
        them: it may have become so while it stood in a dashboard of theirs."""
        if self.not_for_representatives:
            return None
        return self.among(self.subject.of_representatives, ids)

    def _all(self) -> Document:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def defined(state: Mapping[str, Any]) -> Definition:
    """The definition of a report's fields. Raises RuleBroken."""
    subject = SUBJECTS[state["subject"]]
    errors = list(_faults(subject, state))
    if errors:
        raise RuleBroken(errors)
    return Definition(
        of=state["subject"],
        subject=subject,
        moment=state["moment"] or subject.moments[0],
        groups=tuple(state["groups"]),
        measures={name: subject.measures[name] for name in state["measures"]},
        bucket=state["bucket"],
        filters=tuple((each["field"], tuple(each["values"])) for each in state["filters"]),
        days=state["days"],
    )


def filter_of(definition: Definition) -> Document:
    """The MongoDB filter of its rows. Two filters of one field both hold."""
    wanted = [
        {definition.subject.fields[name].path: {"$in": list(values)}} for name, values in definition.filters
    ]
    return {"$and": wanted} if wanted else {}


def _faults(subject: Subject, state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    what = state["subject"]
    if state["moment"] not in (None, *subject.moments):
        yield "moment", f"of {what} must be one of: {', '.join(subject.moments)}"
    for name in state["measures"]:
        if name not in subject.measures:
            yield "measures", f"{name} is none of {what}: {', '.join(subject.measures)}"
    if len(set(state["measures"])) < len(state["measures"]):
        yield "measures", "must name each once"
    yield from _group_faults(subject, state)
    for number, each in enumerate(state["filters"]):
        yield from _filter_faults(subject, what, f"filters.{number}", each)
    if "open" in state["measures"] and state["moment"] not in (None, "created_at"):
        yield "measures", "open counts what was created and not completed: its moment is created_at"
    if not 1 <= state["days"] <= MAX_DAYS:
        yield "days", f"must be 1 to {MAX_DAYS}"


def _group_faults(subject: Subject, state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    groups = state["groups"]
    able = [name for name, field in subject.fields.items() if not field.many]
    for name in groups:
        if name not in able:
            yield "groups", f"{name} is nothing to group {state['subject']} by: {', '.join(able)}"
    if len(groups) > MAX_GROUPS or len(set(groups)) < len(groups):
        yield "groups", f"must be {MAX_GROUPS} different fields at most"


def _filter_faults(
    subject: Subject, what: str, where: str, each: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    field = subject.fields.get(each["field"])
    if field is None:
        yield f"{where}.field", f"is nothing to filter {what} by: {', '.join(subject.fields)}"
        return
    wanted = int if field.kind else str
    if any(value is not None and type(value) is not wanted for value in each["values"]):
        told = "the ids of records" if field.kind else "words"
        yield f"{where}.values", f"of {each['field']} must be {told}, or null for those without"
