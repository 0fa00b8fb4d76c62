"""Figures: rows counted into cells, cells added up, and what is told of them.

A cell holds what adds up of the rows of a group: how many, sums, histograms. Cells of several days make those
of a week by addition, so a day is counted once and read often.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from services.reporting.model.sketch import bucket, quantile
from services.reporting.model.subjects import Form, Measure

Document = dict[str, Any]
Group = tuple[Any, ...]
Cells = dict[Group, Document]


def new_cell() -> Document:
    return {"n": 0, "sums": {}, "sketches": {}}


def counted(rows: Iterable[Mapping[str, Any]], paths: Iterable[str], measures: Iterable[Measure]) -> Cells:
    """The cells of rows, by the values at `paths`."""
    paths, cells = tuple(paths), Cells()
    sums, sketches = needed(measures)
    for row in rows:
        cell = cells.setdefault(tuple(row.get(path) for path in paths), new_cell())
        cell["n"] += 1
        for name in sums:
            cell["sums"][name] = cell["sums"].get(name, 0) + (row.get(name) or 0)
        for name in sketches:
            if row.get(name) is not None:
                sketch, within = cell["sketches"].setdefault(name, {}), bucket(row[name])
                sketch[within] = sketch.get(within, 0) + 1
    return cells


def needed(measures: Iterable[Measure]) -> tuple[list[str], list[str]]:
    """What of rows is summed up, and what histograms are made of, for these measures."""
    measures = tuple(measures)
    sums = sorted({name for each in measures for name in each.sums})
    return sums, sorted({each.of for each in measures if each.form is Form.QUANTILE})


def added(to: Cells, cells: Mapping[Group, Mapping[str, Any]]) -> Cells:
    """`to` with these cells added to it."""
    for group, cell in cells.items():
        into = to.setdefault(group, new_cell())
        into["n"] += cell["n"]
        for name, value in cell["sums"].items():
            into["sums"][name] = into["sums"].get(name, 0) + value
        for name, sketch in cell["sketches"].items():
            whole = into["sketches"].setdefault(name, {})
            for within, count in sketch.items():
                whole[within] = whole.get(within, 0) + count
    return to


def to_documents(cells: Mapping[Group, Mapping[str, Any]]) -> list[Document]:
    return [{"group": list(group), **cell} for group, cell in cells.items()]


def of_documents(documents: Iterable[Mapping[str, Any]]) -> Cells:
    return {
        tuple(each["group"]): {name: each[name] for name in ("n", "sums", "sketches")} for each in documents
    }


def figure(measure: Measure, cell: Mapping[str, Any], all_: Mapping[str, Any]) -> float | int | None:
    """What a measure tells of a cell; `all_` are the cells of its bucket in one. Percentages have one
    decimal; None where there is nothing to be measured."""
    sums = cell["sums"]
    if measure.form is Form.COUNT:
        return int(cell["n"])
    if measure.form is Form.TOTAL:
        return int(sums.get(measure.of, 0))
    if measure.form is Form.PERCENT:
        return _percent(sums.get(measure.of, 0), sums.get(measure.among, 0) if measure.among else cell["n"])
    if measure.form is Form.SHARE:
        return _percent(sums.get(measure.of, 0), all_["sums"].get(measure.of, 0))
    return quantile(cell["sketches"].get(measure.of, {}), measure.at)


def whole(cells: Mapping[Group, Mapping[str, Any]]) -> Document:
    """All cells in one."""
    one: Cells = {}
    for cell in cells.values():
        added(one, {(): cell})
    return one.get((), new_cell())


def _percent(part: int, of: int) -> float | None:
    return round(100 * part / of, 1) if of else None
