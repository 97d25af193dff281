"""Says in plain words how good the CTR model is and whose results taught it, and no more than its metrics hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from counterpitch.desk import wording

ENOUGH_PAIRS = 30  # pairs below which a share of them says little
OURS = "own"  # the owner of experiments on our own audience; own results are owned by the brand


@dataclass(frozen=True)
class Verdict:
    """What a reader needs to know before trusting a prediction.

    sure is False where the test showed no skill beyond chance, where nobody of ours taught the model, or where its
    world has moved away.
    """

    model_id: str
    scored_on: date
    taught_by: str
    skill: str
    standing: str
    drift: str
    sure: bool


def verdict(model: Mapping[str, Any] | None, market: Mapping[str, Any]) -> Verdict | None:
    """The model of `read_model` in words, for a market of `list_markets`; None where nothing was scored."""
    if not model:
        return None
    skill, skilled = _skill(model["metrics"] or {})
    taught_by, ours = _taught_by((model["trained_on"] or {}).get("owners") or {}, market)
    sure = skilled and ours and model.get("drift") != "drifted"
    return Verdict(model["model_id"], model["scored_on"], taught_by, skill, _standing(model), _drift(model), sure)


def _taught_by(owners: Mapping[str, Mapping[str, Any]], market: Mapping[str, Any]) -> tuple[str, bool]:
    if not owners:
        return "Its record does not say whose results taught it.", False
    ours = [name for name in owners if name in {OURS, market["own_brand_id"]}]
    others = sorted(set(owners) - set(ours))
    said = []
    if ours:
        said.append(f"It learnt from {market['own_brand']}'s own results: {_amount(owners, ours)}.")
    if others:
        opening = "It also learnt from" if ours else "It learnt only from other people's results:"
        said.append(f"{opening} {', '.join(others)}, {_amount(owners, others)}.")
    if not ours:
        said.append("So trust the order of ads more than the height of the rate: another audience set it.")
    return " ".join(said), bool(ours)


def _amount(owners: Mapping[str, Mapping[str, Any]], names: list[str]) -> str:
    examples, impressions, clicks = (
        sum(int(owners[name][key]) for name in names) for key in ("examples", "impressions", "clicks")
    )
    days = sorted(d for name in names for d in (owners[name].get("first_day"), owners[name].get("last_day")) if d)
    since = f" from {_day(days[0])} to {_day(days[-1])}" if days else ""
    taught = wording.many(examples, "ad or test arm", "ads and test arms")
    return f"{taught} with {wording.count(impressions)} impressions and {wording.many(clicks, 'click')}{since}"


def _day(text: str) -> str:
    return wording.day(date.fromisoformat(text))


def _skill(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    table = metrics.get("table") or {}
    judged = table.get("model") or {}
    clear = judged.get("significant_pairs") or {}
    kind, of = "significant_pairs", "Of two ads whose click rates clearly differ"
    if (clear.get("pairs") or 0) < ENOUGH_PAIRS:
        kind, of = "all_pairs", "Of two ads"
    figures = judged.get(kind) or {}
    if figures.get("accuracy") is None:
        return "Its quality could not be measured: read the order of the ads as a guess.", False
    low, high = figures["accuracy_95"]
    simple, rule = max(
        ((_accuracy(row, kind), name) for name, row in table.items() if name != "model"), default=(0.5, "")
    )
    said = (
        f"{of}, it names the better one {_times(figures['accuracy'])} times in 100 ({_times(low)} to {_times(high)}), "
        f"counted on {wording.many(figures['pairs'], 'pair')} it had not seen. A coin does 50"
    )
    if simple > figures["accuracy"]:
        return f"{said}; a simpler rule ({rule}) did better, {_times(simple)}: take its order with care.", False
    return f"{said}, the best of the simpler rules {_times(simple)}.", low > 0.5


def _accuracy(row: Mapping[str, Any], kind: str) -> float:
    return float((row.get(kind) or {}).get("accuracy") or 0.5)


def _times(share: float) -> int:
    return round(100 * share)


def _standing(model: Mapping[str, Any]) -> str:
    if model["mark"] == "bootstrap":
        return "It is the first model and was put to work without a person's decision."
    if model["mark"] in {"approved", "rollback"}:
        verb = "approved it" if model["mark"] == "approved" else "brought it back"
        return f"{model['decided_by']} {verb} on {wording.day(model['promoted_at'])}."
    return "It was never promoted."


def _drift(model: Mapping[str, Any]) -> str:
    state = model.get("drift")
    if not state:
        return ""
    heads = {
        "drifted": "The world has moved since it learnt",
        "steady": "Nothing has moved away from what it learnt",
        "thin": "Whether the world has moved cannot be told yet",
    }
    return f"{heads[state]} ({wording.day(model['drift_on'])}). {model['drift_reason']}"
