"""Says in one sentence how the day's data came in, and whether a reader may trust it. For the page Data quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterpitch.desk import wording

STATES = {
    "ok": "Read",
    "empty": "Read: shows no ads",
    "not_covered": "Not covered",
    "failed": "Could not be read",
    "lost": "Lost for good",
    None: "Not asked",
}
LEVELS = {"stop": "Stopped the run", "row": "Rows held", "warn": "Warning"}
SUITES = {
    "run": "The run as a whole",
    "sweeps": "Sweeps: freshness, volume, language",
    "ads": "Raw ad rows",
    "core_ads": "Ads as loaded",
    "results": "Our own results",
    "pages": "Web pages",
    "experiments": "Experiments",
}


@dataclass(frozen=True)
class Intake:
    """The day in words; `well` is True where nothing was held, missed or odd."""

    said: str
    well: bool
    stopped: bool


def intake(sweeps: Sequence[Mapping[str, Any]], checks: Sequence[Mapping[str, Any]], held: int) -> Intake:
    """Sum up rows of `list_sweeps`, `list_checks`, and the number of rows that wait."""
    asked = [sweep for sweep in sweeps if sweep["source"]]
    read = sum(sweep["state"] in {"ok", "empty"} for sweep in asked)
    rows = sum(sweep["rows_read"] or 0 for sweep in asked)
    broken = [check for check in checks if not check["success"]]
    stopped = any(check["level"] == "stop" for check in broken)
    warned = sum(check["level"] == "warn" for check in broken)
    parts = [f"{wording.count(read)} of {wording.many(len(asked), 'sweep')} read", wording.many(rows, "row")]
    parts.append(f"{wording.count(held)} held back" if held else "none held back")
    parts.append(wording.many(warned, "warning") if warned else "no warning")
    missed = any(sweep["state"] in {"failed", "lost"} for sweep in asked)
    return Intake(", ".join(parts) + ".", not (broken or held or missed), stopped)
