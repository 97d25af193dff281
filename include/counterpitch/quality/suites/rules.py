"""How a rule is written: a Great Expectation with a name, a level, its bound in words, the reason and what to do.

`row`: failing rows go to quarantine and the others load. `warn`: recorded, nothing is held. `stop`: the run ends
before anything downstream moves. A suite carries its version in `meta`; whoever changes a rule moves it.
"""

from __future__ import annotations

from typing import Any, Literal

from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe

Level = Literal["row", "warn", "stop"]
HELD = "See it with `counterpitch quarantine show`; mend its source or mapping, then `counterpitch quarantine replay`."


def suite(name: str, version: int, rules: list[Any]) -> ExpectationSuite:
    """A suite with its version, such as `ads-2`, in its meta."""
    return ExpectationSuite(name=name, expectations=rules, meta={"version": f"{name}-{version}"})


def rule(name: str, reason: str, bound: str, level: Level = "row", advice: str = HELD) -> dict[str, Any]:
    """The arguments that every expectation of ours carries."""
    meta = {"name": name, "reason": reason, "bound": bound, "level": level, "advice": advice}
    return {"severity": "warning" if level == "warn" else "critical", "meta": meta}


def not_after(name: str, later: str, earlier: str, reason: str, level: Level = "row", advice: str = HELD) -> Any:
    """Column `earlier` is not after column `later`; rows that lack either are left out."""
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=later,
        column_B=earlier,
        or_equal=True,
        ignore_row_if="either_value_is_missing",
        **rule(name, reason, f"{earlier} not after {later}", level, advice),
    )


def found(name: str, key: str, joined: str, reason: str, level: Level, advice: str) -> Any:
    """What `key` names exists: `joined` holds the same value, read from the table that `key` points to."""
    return gxe.ExpectColumnPairValuesToBeEqual(
        column_A=key,
        column_B=joined,
        ignore_row_if="both_values_are_missing",
        **rule(name, reason, f"{key} exists", level, advice),
    )


def between(
    name: str,
    column: str,
    least: float | None,
    most: float | None,
    reason: str,
    level: Level = "row",
    advice: str = HELD,
) -> Any:
    """The column lies in the range, both ends included; None is no end."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column, min_value=least, max_value=most, **rule(name, reason, _range(least, most), level, advice)
    )


def _range(least: float | None, most: float | None) -> str:
    if least is None:
        return f"at most {most:,}"
    return f"at least {least:,}" if most is None else f"{least:,} to {most:,}"
