"""Why a score is what it is, in words that a copywriter can act on.

TreeSHAP (Lundberg et al. 2018) splits a prediction's log-odds among the features exactly; each share is told as
percentage points of CTR: what the prediction would lose without it. The wording's share names the words that
pull it up and down; what function words ("the", "of") and figures do stays in that share and is not named, because
nobody can act on it. Nothing here is causal: it is what the model counts on, learnt from past results.
"""

from __future__ import annotations

import math
import re
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from counterpitch.ctr import examples, features, pillars, registry
from counterpitch.ctr.model import COLUMNS, DEVICES, CtrModel
from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.ctr.strength import Blocks
from counterpitch.ctr.train import BASE
from counterpitch.errors import Permanent
from counterpitch.personas.embed import stopwords
from counterpitch.quality.cleaning import clean
from counterpitch.uncollected import uncollected
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, transaction

_LOADED: dict[str, CtrModel] = {}

MOST_REASONS = 5
MOST_WORDS = 3
"""Of the words that help the wording, and of those that hurt it."""

ONE_DEVICE = tuple((COLUMNS.index(f"{name}_opening"), COLUMNS.index(f"{name}s")) for name in ("question", "number"))
SMALL_WORDS = COLUMNS.index("function_words")
_ONE_OF_MANY = re.compile(r"(?<![\d.])1 ([a-z ]*?)s\b")
LEAST_POINTS = 0.005
"""Below this many percentage points a reason is noise to the reader."""


def explain_text(
    text: str,
    before: str | None = None,
    owner: str | None = None,
    context: dict[str, str] | None = None,
    conn: Connection | None = None,
) -> dict[str, Any]:
    """What the champion says of a text that nobody has shown yet, and what changed against `before`.

    Returns {"model_id", "trained_on" (owners), "mark", "ctr", "ctr_low", "ctr_high", "reasons"}; with `before` also
    {"before": the same of that text, "change_points"}. `context` may set call_to_action, language (without it, one is
    told from the words, the same for both texts), media_type, placement; `conn` is asked where it is given. Under 100
    ms once the champion is loaded. Raises NotEnoughData without a champion, ModelUnusable when it cannot score here,
    Permanent on a text without a word.
    """
    if not clean(text):
        raise Permanent("There is no text to explain. Give at least one word.")
    model_id, mark, model = _champion(conn)
    return {"model_id": model_id, "mark": mark, **answer(model, text, before, owner, context)}


def answer(
    model: CtrModel,
    text: str,
    before: str | None = None,
    owner: str | None = None,
    context: dict[str, str] | None = None,
) -> dict[str, Any]:
    """`explain_text` of a loaded model, without model_id and mark. Texts are cleaned first, as those of ads were."""
    texts = [clean(each) for each in (text, before) if each is not None]
    filled = {"call_to_action": "", "language": "und", "media_type": "", "placement": ""} | (context or {})
    known = pd.DataFrame({"text": texts, **filled, "day": pd.Series(pd.NaT, index=range(len(texts)))})
    if filled["language"] in ("", "und"):
        known["language"] = next((said for said in map(examples.spoken, texts) if said != "und"), "und")
    known["day"] = known["day"].astype("datetime64[us]")
    said = predictions(model, known, owner)
    told: list[dict[str, Any]] = [
        {name: float(said[name].iloc[row]) for name in ("ctr", "ctr_low", "ctr_high")}
        | {"reasons": said["reasons"].iloc[row]}
        for row in range(len(texts))
    ]
    out: dict[str, Any] = {"trained_on": list(model.data["owners"]), **told[0]}
    if before is not None:
        out |= {"before": told[1], "change_points": round(100 * (told[0]["ctr"] - told[1]["ctr"]), 3)}
    return out


def _champion(given: Connection | None) -> tuple[str, str, CtrModel]:
    """The champion, loaded once a process and asked for anew each time: a promotion shows at the next call."""
    with nullcontext(given) if given else transaction(application="counterpitch ctr explain") as conn:
        held = query.rows(conn, "select model_id, mark from ml.champion where name = %(name)s", {"name": BASE})
        if not held:
            raise NotEnoughData("No champion yet, so there is nothing to explain with. Import results first.")
        model_id = str(held[0]["model_id"])
        if model_id not in _LOADED:
            _LOADED.clear()
            _LOADED[model_id] = registry.load(conn, model_id)[1]
    return model_id, str(held[0]["mark"]), _LOADED[model_id]


def predictions(model: CtrModel, known: pd.DataFrame, owner: str | None = None) -> pd.DataFrame:
    """model.predict, and `reasons`: the strongest reasons of each ad of `known` (features.KNOWN), strongest first.

    A reason is {"feature", "what" (in words), "points" (percentage points of CTR), "text" ("what: +0.30 points")};
    the wording's reason adds "helps" and "hurts", lists of words. Each ad is read once, CHUNK ads at a time.
    """
    said = []
    for here, blocks in model.parts(known):
        wide = model.columns(blocks)
        part, margin = known.iloc[here], model.margin(wide)
        each = model.calibration.apply(margin, blocks.coverage, part["day"], owner)
        with uncollected():
            why = _reasons(model, blocks, wide, each["score"].to_numpy(), part["language"])
        said.append(each.assign(reasons=pd.Series(why, index=each.index, dtype=object)))
    return pd.concat(said, ignore_index=True) if said else model.predict(known, owner).assign(reasons=[])


def _reasons(
    model: CtrModel, blocks: Blocks, wide: np.ndarray, score: np.ndarray, languages: pd.Series
) -> list[list[dict[str, Any]]]:
    shares = shared_out(model, wide, blocks.devices)
    values = np.nan_to_num(blocks.devices)
    points = _said_once(100 * (expit(score)[:, None] - expit(score[:, None] - shares)), values).round(3)
    most = min(MOST_REASONS, points.shape[1])
    shown = np.sort(np.argpartition(-np.abs(points), most - 1, axis=1)[:, :most], axis=1)
    strongest = np.take_along_axis(points, shown, axis=1)
    order = np.argsort(-np.abs(strongest), axis=1, kind="stable")
    shown, strongest = np.take_along_axis(shown, order, axis=1), np.take_along_axis(strongest, order, axis=1)
    told = np.column_stack([np.zeros(len(values)), values])  # the wording has no value of its own
    read = np.take_along_axis(told, shown, axis=1).tolist()
    names, words = model.names, model.strength.words(blocks)
    most = [math.inf, *model.strength.standard.most.tolist()]
    wording = words.extremes(MOST_WORDS, *_nameable(words.names, languages))
    return [
        [
            _reason(names[column], value, most[column], worth, wording[row])
            for column, value, worth in zip(*each, strict=True)
            if abs(worth) >= LEAST_POINTS
        ]
        for row, each in enumerate(zip(shown.tolist(), read, strongest.tolist(), strict=True))
    ]


def _reason(name: str, value: float, most: float, worth: float, words: tuple[list[str], list[str]]) -> dict[str, Any]:
    if name == "strength":
        what, more = _wording_told(*words), {"helps": words[0], "hurts": words[1]}
    else:
        what, more = _in_words(name, value, most), {}
    return {"feature": name, "what": what, "points": worth, "text": f"{what}: {worth:+.2f} points", **more}


def _nameable(names: np.ndarray, languages: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Words that a copywriter can act on, no function words: a mask, languages x names, and each text's language."""
    kind, spoken = pd.factorize(languages)
    lettered = [any(map(str.isalpha, name)) for name in names]
    listed = [[name not in stopwords(said[:2].lower()) for name in names] for said in spoken]
    return np.array(listed, dtype=bool).reshape(len(spoken), len(names)) & np.array(lettered, dtype=bool), kind


def shared_out(model: CtrModel, wide: np.ndarray, devices: np.ndarray) -> np.ndarray:
    """Each ad's log-odds shared out among model.names (ads x names); with one constant the shares add up to it.

    The strength is linear, so its devices' parts are exact and go to the devices; the rest of it, against a typical
    training text, is the wording's, and so is the share of function words. What the booster adds is split by TreeSHAP
    (pred_contrib).
    """
    said = np.asarray(model.booster.predict(wide, pred_contrib=True, num_threads=model.params.threads))
    shares = said[:, :-1].copy()
    parts = model.strength.devices(devices)
    shares[:, 1:] += parts[:, : len(DEVICES)]
    shares[:, 0] += wide[:, 0] - parts.sum(axis=1) - model.strength.typical
    shares[:, 0] += shares[:, SMALL_WORDS]
    shares[:, SMALL_WORDS] = 0.0
    return np.hstack([shares, parts[:, len(DEVICES) :]]) * model.calibration.slope


@lru_cache(maxsize=65536)
def _in_words(name: str, value: float, most: float) -> str:
    """What an ad has: "3 question marks"; "at least 1 question mark" where the model counts no further than `most`."""
    told = pillars.in_words if name in pillars.NAMES else features.in_words
    has, counts = _singular(told(name, value)), _singular(told(name, min(value, most)))
    return has if has == counts else f"at least {counts}"


def _said_once(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A question in the first line is also a question: where both say the same, one reason carries what both add."""
    out = points.copy()
    for opening, anywhere in ONE_DEVICE:
        alike = (values[:, opening - 1] > 0) == (values[:, anywhere - 1] > 0)
        out[alike, opening] += out[alike, anywhere]
        out[alike, anywhere] = 0.0
    return out


def _singular(what: str) -> str:
    """ "1 question marks" as "1 question mark"."""
    return _ONE_OF_MANY.sub(r"1 \1", what)


def _wording_told(helps: list[str], hurts: list[str]) -> str:
    told = []
    for verb, listed in (("help", helps), ("hurt", hurts)):
        if listed:
            told.append(", ".join(f"“{word}”" for word in listed) + f" {verb}{'s' if len(listed) == 1 else ''}")
    return "the wording" + (f" ({'; '.join(told)})" if told else "")
