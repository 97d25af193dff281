"""Rows as COPY's text format, a block at a time: memory stays flat however many rows there are.

A block is encoded column by column, because the types of a column are known after one look and most columns
then need no Python call a value: encoding value by value took longer than the COPY that it fed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from typing import Any

BLOCK_ROWS = 2000
_NULL = "\\N"
_PLAIN = {int, float, bool, date, datetime, Decimal}  # their text holds nothing that COPY reads otherwise


class CopyText:
    """A file that COPY reads from. `same` are columns with one value in all rows; they come first.

    Values: str, numbers, dates, None; a dict is JSON, a list or tuple is an array. `count` rows were encoded.
    """

    def __init__(self, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], same: Mapping[str, Any]) -> None:
        self.count = 0
        self._columns = columns
        self._rows = iter(rows)
        self._prefix = "".join(text + "\t" for text in _column(list(same.values()))) if same else ""
        self._blocks = self._encoded()
        self._block, self._at = b"", 0

    def read(self, size: int = -1) -> bytes:
        """Some of the next bytes, `size` at most and none only at the end; all that is left with -1."""
        if size < 0:
            return self._block[self._at :] + b"".join(self._blocks)
        if self._at >= len(self._block):
            self._block, self._at = next(self._blocks, b""), 0
        start, self._at = self._at, self._at + size
        return self._block[start : self._at]

    def _encoded(self) -> Iterator[bytes]:
        between = "\n" + self._prefix
        while block := list(islice(self._rows, BLOCK_ROWS)):
            self.count += len(block)
            columns = [_column(_values(block, name)) for name in self._columns]
            lines = map("\t".join, zip(*columns, strict=True)) if columns else ("" for _ in block)
            yield (self._prefix + between.join(lines) + "\n").encode()


def as_json(value: Any) -> str:
    """Text of a `jsonb` value; keys sorted, so that equal values are equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _values(block: list[Mapping[str, Any]], name: str) -> list[Any]:
    try:
        return list(map(itemgetter(name), block))
    except KeyError:  # a column that a row leaves out is null
        return [row.get(name) for row in block]


def _special(text: str) -> bool:
    """Whether COPY reads a letter of the text as something else. Four searches in C beat one regular expression."""
    return "\\" in text or "\t" in text or "\n" in text or "\r" in text


def _column(values: list[Any]) -> list[str]:
    """Each value of a column as COPY text."""
    types = set(map(type, values))
    gaps = type(None) in types
    types.discard(type(None))
    if not types:
        return [_NULL] * len(values)
    if types == {str} and not _special("".join(filter(None, values) if gaps else values)):
        return [_NULL if value is None else value for value in values] if gaps else values
    if types <= _PLAIN:
        return [_NULL if value is None else str(value) for value in values] if gaps else list(map(str, values))
    if types == {list}:
        return _arrays(values)
    return [_NULL if value is None else _field(value) for value in values]


def _arrays(values: list[Any]) -> list[str]:
    """Arrays repeat (platforms, countries), so each distinct one of a block is written once."""
    try:
        keys = [None if value is None else tuple(value) for value in values]
        written = {key: _NULL if key is None else _array(key) for key in set(keys)}
    except TypeError:  # an array of what cannot be hashed
        return [_NULL if value is None else _array(value) for value in values]
    return [written[key] for key in keys]


def _field(value: Any) -> str:
    if isinstance(value, str):
        return _escape(value)
    if isinstance(value, dict):
        return _escape(as_json(value))
    if isinstance(value, list | tuple):
        return _array(value)
    return str(value)


def _escape(text: str) -> str:
    if not _special(text):
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _array(items: Sequence[Any]) -> str:
    if not items:
        return "{}"
    try:
        joined = '","'.join(items)
    except TypeError:
        return _escape("{" + ",".join(_element(item) for item in items) + "}")
    if not _special(bare := "".join(items)) and '"' not in bare:
        return '{"' + joined + '"}'
    return _escape("{" + ",".join(_element(item) for item in items) + "}")


def _element(item: Any) -> str:
    return "NULL" if item is None else '"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"'
