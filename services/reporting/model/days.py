"""Days of a zone and the buckets they fall into."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `first` to `last`, both included, in a zone."""

    first: date
    last: date
    zone: str

    @property
    def days(self) -> list[date]:
        return [self.first + ONE_DAY * n for n in range((self.last - self.first).days + 1)]

    @property
    def since(self) -> datetime:
        return begins(self.first, self.zone)

    @property
    def until(self) -> datetime:
        return begins(self.last + ONE_DAY, self.zone)


def begins(day: date, zone: str) -> datetime:
    """The moment, in UTC, at which a day begins where the clocks of `zone` are."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def day_of(at: datetime, zone: str) -> date:
    """The day that has begun last: where clocks are put back over midnight, no day comes twice."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return day + ONE_DAY if at >= begins(day + ONE_DAY, zone) else day


def bucket_of(day: date, bucket: str | None) -> date | None:
    """The first day of its bucket; a week begins on Monday. None without buckets."""
    if bucket is None:
        return None
    if bucket == "week":
        return day - ONE_DAY * day.weekday()
    return day.replace(day=1) if bucket == "month" else day


def last_of(first: date, bucket: str) -> date:
    """The last day of the bucket that begins with `first`."""
    if bucket == "month":
        return (first.replace(day=28) + ONE_DAY * 4).replace(day=1) - ONE_DAY
    return first + ONE_DAY * (6 if bucket == "week" else 0)


def buckets(span: Span, bucket: str | None) -> list[tuple[date | None, Span]]:
    """The buckets of a span in their order, each with its days that are within."""
    if bucket is None:
        return [(None, span)]
    found: list[tuple[date | None, Span]] = []
    first = span.first
    while first <= span.last:
        begun = bucket_of(first, bucket)
        assert begun is not None
        last = min(last_of(begun, bucket), span.last)
        found.append((begun, Span(first, last, span.zone)))
        first = last + ONE_DAY
    return found


def utc_days(span: Span) -> list[str]:
    """The days in UTC that a span touches, as they are written."""
    return _between(span.since, span.until)


def utc_days_of(span: Span) -> dict[date, list[str]]:
    """The same for each day of a span by itself."""
    ends = [begins(day, span.zone) for day in (*span.days, span.last + ONE_DAY)]
    return {day: _between(since, until) for day, since, until in zip(span.days, ends, ends[1:], strict=False)}


def _between(since: datetime, until: datetime) -> list[str]:
    first, last = since.date(), (until - timedelta(microseconds=1)).date()
    return [(first + ONE_DAY * n).isoformat() for n in range((last - first).days + 1)]


def runs(days: list[date], zone: str) -> Iterator[Span]:
    """Days, in their order, as spans without gaps."""
    begun: list[date] = []
    for day in days:
        if begun and day - begun[-1] > ONE_DAY:
            yield Span(begun[0], begun[-1], zone)
            begun = []
        begun.append(day)
    if begun:
        yield Span(begun[0], begun[-1], zone)
