"""Says in plain words how good the CTR model is and whose results taught it, and no more than its metrics hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from counterpitch.desk import wording


@dataclass(frozen=True)
class Verdict:
    """What a reader needs to know before trusting a prediction. `sure` is False where the test showed no skill."""

    model_id: str
    scored_on: Any
    taught_by: str
    skill: str
    standing: str
    sure: bool


def verdict(model: Mapping[str, Any] | None) -> Verdict | None:
    """The model of `read_model` in words; None where nothing was scored."""
    if not model:
        return None
    skill, sure = _skill(model["metrics"] or {})
    return Verdict(model["model_id"], model["scored_on"], _taught_by(model), skill, _standing(model), sure)


def reasons(value: Any) -> list[dict[str, Any]]:
    """The reasons of a score as {"text", "effect"}; effect > 0 raises the predicted rate, None where unknown."""
    found = []
    for item in value or []:
        if isinstance(item, Mapping):
            texts = (item.get(key) for key in ("text", "reason", "words", "label", "feature", "name"))
            text = next((str(text) for text in texts if text), "")
            effects = (item.get(key) for key in ("effect", "contribution", "weight"))
            effect = next((float(effect) for effect in effects if effect is not None), None)
        else:
            text, effect = str(item), None
        if text:
            found.append({"text": text, "effect": effect})
    return found


def _taught_by(model: Mapping[str, Any]) -> str:
    taught = model["trained_on"] or {}
    return str(
        taught.get("words") or taught.get("summary") or "The model's record does not say whose results taught it."
    )


def _skill(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    accuracy = next((metrics[key] for key in ("pair_accuracy", "pairwise_accuracy") if key in metrics), None)
    if accuracy is None:
        return "Its quality was not measured: read the order of the ads as a guess.", False
    times = round(float(accuracy) * 100)
    text = f"Of two ads whose click rates clearly differ, it names the better one {times} times in 100. A coin does 50."
    return text, times > 50


def _standing(model: Mapping[str, Any]) -> str:
    when = wording.day(model["promoted_at"].date()) if model["promoted_at"] else None
    if model["mark"] == "bootstrap":
        return "It is the first model and was put to work without a person's decision."
    if model["mark"] in {"approved", "rollback"}:
        verb = "approved" if model["mark"] == "approved" else "brought back"
        return f"{model['decided_by']} {verb} it on {when}."
    return "It was never promoted."
