"""What the cells of a line mean: which record it is about, and what its fields shall be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from marshmallow import ValidationError

from services.common import strict_json
from services.common.context import Context
from services.common.csv_cells import EMPTIED
from services.common.fields import MAX_ID, composed
from services.common.store import Record
from services.organizations.actions.saving import records
from services.organizations.actions.transferring.sheets import IN_USE, Column, Form, Sheet
from services.organizations.model import shapes
from services.organizations.model.import_plan import Name, Names
from services.organizations.model.records import email_key
from services.organizations.model.rules import RuleBroken

Cells = Mapping[str, str]

TRUE: Final = frozenset({"1", "t", "y", "true", "yes", "on"})
FALSE: Final = frozenset({"0", "f", "n", "false", "no", "off"})
_BETWEEN: Final = re.compile(r"[,;\s]+")
_BETWEEN_LABELS: Final = re.compile(r"\s*[,;\n]\s*")


def refused(column: str, text: str) -> RuleBroken:
    """That a line can't be done, because of one of its cells."""
    return RuleBroken("line_refused", "The line can't be done.", [(column, text)])


def names(sheet: Sheet, cells: Cells) -> Names:
    """What a line calls its own record and the one above it. What can't be read is told when it is done."""
    own = list(_names_in(cells, "id", "source", "sourceID"))
    natural = cells.get(sheet.found_by, "")
    if natural:
        own.append(_natural(sheet.found_by, natural))
    if sheet.kind == "person" and cells.get("name"):
        own.append(_natural("name", cells["name"]))
    if not sheet.above:
        return Names(own)
    above = sheet.above
    upwards = list(_names_in(cells, f"{above}_id", f"{above}_source", f"{above}_sourceID"))
    if called := cells.get(above, ""):
        upwards.append(_natural("primary_email" if "@" in called else "name", called))
    return Names(own, upwards)


def match(context: Context, sheet: Sheet, cells: Cells, account: str) -> Record | None:
    """The record that a line is about; None: a new one. Raises RuleBroken."""
    record = _match(context, sheet, cells)
    home = ((record.state.get("account") or {}) if record else {}).get("id", account)
    if cells.get("account", home) not in ("", home):
        whose = "it belongs to" if record else "a new one would belong to"
        raise refused("account", f"{whose} {home}: what is a partner's is made there")
    return record


def fields_of(context: Context, given: Iterable[tuple[Column, str]], cells: Cells) -> dict[str, Any]:
    """The fields that cells stand for. Raises RuleBroken that names each column that can't be read."""
    fields: dict[str, Any] = {}
    said_by: dict[str, str] = {}
    errors: list[tuple[str, str]] = []
    for column, text in given:
        try:
            value = _value(context, column, text, cells)
            if column.field in fields and fields[column.field] != value:
                raise refused(column.name, f"means another record than {said_by[column.field]}")
        except RuleBroken as broken:
            errors += broken.errors
        else:
            fields[column.field], said_by[column.field] = value, column.name
    if errors:
        raise RuleBroken("line_refused", "The line can't be done.", errors)
    return fields


def _match(context: Context, sheet: Sheet, cells: Cells) -> Record | None:
    held = records(context, sheet.kind)
    if cells.get("id"):
        record = held.find_one({"_id": _id("id", cells["id"])})
        if record is None:
            raise refused("id", f"there is no {sheet.kind} with this id; leave it blank for a new one")
        return record
    origin = shapes.origin({name: cells.get(name) for name in ("source", "sourceID")})
    if origin is not None and (record := held.find_one({"origin": origin})) is not None:
        return record
    if not cells.get(sheet.found_by):
        return None
    found = list(held.find(_named(*_natural(sheet.found_by, cells[sheet.found_by])), limit=3))
    if origin is not None:  # what came from another system's record is not this one
        found = [record for record in found if record.state.get("origin") is None]
    if len(found) > 1:
        raise refused(sheet.found_by, "several are called so: say the id, or source and sourceID")
    return found[0] if found else None


def _value(context: Context, column: Column, text: str, cells: Cells) -> Any:
    if text == EMPTIED:
        return False if column.form is Form.FLAG else _EMPTY.get(column.form)
    if column.form is Form.FLAG:
        return _flag(column.name, text)
    if column.form is Form.JSON:
        return _json(column.name, text)
    if column.form is Form.ID:
        return _id(column.name, text)
    if column.form is Form.IDS:
        return [_id(column.name, each) for each in _BETWEEN.split(text.strip()) if each]
    if column.form is Form.WORDS:
        return [each for each in _BETWEEN.split(text.strip()) if each]
    if column.form is Form.LABEL:
        return _called(context, column, text)
    if column.form is Form.LABELS:
        return [_called(context, column, each) for each in _BETWEEN_LABELS.split(text.strip()) if each]
    if column.form is Form.SOURCE_ID:
        return _from_source(context, column, text, cells)
    return text


_EMPTY: Final[Mapping[Form, list[Any]]] = {
    form: [] for form in (Form.JSON, Form.IDS, Form.LABELS, Form.WORDS)
}


def _flag(column: str, text: str) -> bool:
    word = text.strip().casefold()
    if word not in TRUE | FALSE:
        raise refused(column, "must be true or false")
    return word in TRUE


def _json(column: str, text: str) -> Any:
    try:
        return strict_json.loads(text.encode())
    except ValueError as error:
        raise refused(column, "must be JSON, as an export writes it") from error


def _id(column: str, text: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 16 and 0 < int(digits) <= MAX_ID):
        raise refused(column, "must be the number of a record")
    return int(digits)


def _called(context: Context, column: Column, text: str) -> int:
    by = "primary_email" if column.kind == "person" and "@" in text else "name"
    found = list(records(context, column.kind).find(_named(*_natural(by, text)), limit=2))
    if not found:
        raise refused(column.name, f"there is no {column.kind} that is called so")
    if len(found) > 1:
        raise refused(column.name, f"several are called so: say {column.field}")
    return int(found[0].id)


def _from_source(context: Context, column: Column, text: str, cells: Cells) -> int:
    source = cells.get(column.name.removesuffix("ID")) or cells.get("source")
    if not source:
        raise refused(column.name, f"needs {column.name.removesuffix('ID')}")
    origin = shapes.origin({"source": source, "sourceID": text})
    record = records(context, column.kind).find_one({"origin": origin})
    if record is None:
        raise refused(column.name, f"there is no {column.kind} from {source} with this sourceID")
    return int(record.id)


def _names_in(cells: Cells, id: str, source: str, source_id: str) -> Iterable[Name]:
    if cells.get(id):
        yield "id", cells[id].strip()
    if cells.get(source_id) and (source_named := cells.get(source) or cells.get("source")):
        yield "sourceID", f"{source_named}\n{cells[source_id]}"


def _natural(column: str, text: str) -> Name:
    if column == "primary_email":
        return column, email_key(text)
    try:
        return column, composed(text).strip()
    except ValidationError:
        return column, text  # no record is called so; what is wrong is told when the line is done


def _named(column: str, text: str) -> dict[str, Any]:
    """The filter for own records that are called so."""
    key = {"primary_email": "email_key"}.get(column, column)
    return {key: text, "account.id": None, **IN_USE}
