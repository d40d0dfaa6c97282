"""Column types that hold every valid string on both databases.

PostgreSQL refuses NUL in text and JSONB, and neither database can encode a lone surrogate, yet both are valid
inside JSON. So text that people or plug-ins wrote is stored as its ASCII JSON form in a plain text column: total,
the same on both databases, and equal strings stay equal, so such a column can be compared and be a key.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator

_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def dump_json(value: object) -> str:
    """Compact ASCII JSON of `value`; refuses NaN and infinities."""
    return _ENCODER.encode(value)


class JsonText(TypeDecorator[Any]):
    """Any JSON value. `Any` because the value's type is the column's business."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """JSON text of `value`; None stays NULL."""
        return None if value is None else dump_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """The value that was stored."""
        return None if value is None else json.loads(value)


class Quoted(JsonText):
    """Any string."""

    cache_ok = True


class FirstPosition(FunctionElement[int]):
    """SQL: 1-based place of the second text in the first, 0 if absent. Unlike LIKE it has no wildcard to escape."""

    type = BigInteger()
    inherit_cache = True
    name = "first_position"


@compiles(FirstPosition, "sqlite")
def _position_sqlite(element: FirstPosition, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(FirstPosition, "postgresql")
def _position_postgresql(element: FirstPosition, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"
