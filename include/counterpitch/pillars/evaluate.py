"""Score readings against annotated ads: do the quotes cover the same characters, do the values say the same words.

Two figures a field, each an F1, each a mean over distinct ad texts: `span` over the characters of the ad that
the quotes cover (white space aside), `value` over the stemmed words of the values. Nothing against nothing
counts 1: silence about a silent ad is right. A reading is scored against each annotator and averaged.

A prompt is compared with the one in use on the same ads with the same model, and replaces it only if it does
not score worse; every score stays in `llm.prompt_score`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from counterpitch.errors import Permanent
from counterpitch.pillars import features, prompts
from counterpitch.pillars.ground import Reading
from counterpitch.pillars.prompts import Prompt
from counterpitch.pillars.schema import FIELDS, LISTS, Mention, Pillars
from counterpitch.settings import settings
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import transaction

if TYPE_CHECKING:
    from counterpitch.llm.client import Client

BUNDLED = Path(__file__).with_name("gold.jsonl")  # ads of the sandbox, made by benchmarks/pillars_gold.py
_POSTPONED = ("budget:", "unreachable:", "claimed:", "waiting:")
T = TypeVar("T")
Scores = dict[str, dict[str, float]]


class NothingToCompare(LookupError):
    """There is no model, no other prompt, or the verdict is known already; the message says which."""


class BadGold(Permanent, ValueError):
    """The annotated file cannot be read; the message says which line and what it needs."""


@dataclass(frozen=True)
class Annotated:
    """An ad and what each of its annotators found in it."""

    key: str
    text: str
    read: tuple[Pillars, ...]


@dataclass(frozen=True)
class GoldSet:
    """Annotated ads; `version` is a hash of the file."""

    ads: tuple[Annotated, ...]
    version: str


def gold_set(path: Path) -> GoldSet:
    """Read a JSONL file with lines {"ad_key", "text", "pillars"}, an ad once per annotator. Raises BadGold."""
    texts: dict[str, str] = {}
    read: dict[str, list[Pillars]] = defaultdict(list)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadGold(f"{path} cannot be read ({error.strerror}). Name a JSONL file of annotated ads.") from error
    for number, line in enumerate(raw.decode("utf-8").rstrip("\n").split("\n"), 1):  # an ad may hold U+2028
        try:
            row = json.loads(line)
            texts[row["ad_key"]] = row["text"]
            read[row["ad_key"]].append(Pillars.model_validate(row["pillars"]))
        except (ValueError, KeyError, TypeError, ValidationError) as error:
            raise BadGold(f'{path.name}, line {number}: needs "ad_key", "text" and "pillars" ({error}).') from error
    ads = tuple(Annotated(key, text, tuple(read[key])) for key, text in texts.items())
    return GoldSet(ads, hashlib.sha256(raw).hexdigest()[:12])


def score_prompt(prompt: Prompt, client: Client, gold: GoldSet) -> dict[str, Any]:
    """Read the gold ads with this prompt and the client's model, store and return the scores.

    Returns {"version", "model", "gold_set", "ads", "pending", "pillar_score", "scores"}. An ad that could not be asked
    about yet (budget, an unreachable model) is pending; a useless answer (refused, cut off) is a reading that says
    nothing. Answers that are cached cost nothing.
    """
    from counterpitch.pillars.modelled import Modelled

    answers = Modelled(client, prompt).read([ad.text for ad in gold.ads])
    readings = [answer if isinstance(answer, Reading) else Reading() for answer in answers]
    scores = score((ad.text, said.pillars(), ad.read) for ad, said in zip(gold.ads, readings, strict=True))
    row = {
        "name": prompts.NAME,
        "version": prompt.version,
        "model": client.model,
        "gold_set": gold.version,
        "ads": len(gold.ads),
        "pending": sum(isinstance(answer, str) and answer.startswith(_POSTPONED) for answer in answers),
        "pillar_score": scores["all"]["pillar_score"],
        "scores": scores,
    }
    with transaction() as conn:
        prompts.register(conn, prompt)
        key = ["name", "version", "model", "gold_set"]
        write.upsert(conn, "llm.prompt_score", key, ["ads", "pending", "pillar_score", "scores"], [row])
    return row


def choose_prompt(client: Client, gold: GoldSet) -> dict[str, Any]:
    """Score the prompt in use and the one in prompt.md; use the new one if it is not worse and all ads were read.

    Returns {"in_use", "candidate", "chosen", "reason", "scores"}; `in_use` is the version in use before.
    """
    with transaction() as conn:
        current = prompts.in_use(conn)
    candidate = prompts.on_file()
    before = score_prompt(current, client, gold)
    after = before if candidate == current else score_prompt(candidate, client, gold)
    pending = before["pending"] + after["pending"]
    better = after["pillar_score"] >= before["pillar_score"] and not pending
    reason = _reason(before, after, pending)
    if candidate != current and better:
        with transaction() as conn:
            prompts.choose(conn, candidate, reason)
    chosen = candidate if better else current
    return {
        "in_use": current.version,
        "candidate": candidate.version,
        "chosen": chosen.version,
        "reason": reason,
        "scores": {row["version"]: row["pillar_score"] for row in (before, after)},
    }


def compare(run: str, gold_file: str | None = None, model: str | None = None, *, again: bool) -> dict[str, Any]:
    """What `choose_prompt` says for a model and a gold set, by default those that settings name.

    `run` is what the run budget counts by. Unless `again`, nothing is asked where the prompt on file is the one in
    use, or is known to read worse. With a model other than the one that reads ads, both prompts are scored and the
    choice is left alone.
    Raises NothingToCompare, which says why, and BadGold.
    """
    name = model or settings().llm
    if not name:
        raise NothingToCompare("No model is configured, so there is no prompt to compare: COUNTERPITCH_LLM names one.")
    gold = gold_set(Path(gold_file) if gold_file else settings().gold or BUNDLED)
    if not again:
        _raise_if_known(name, gold)
    from counterpitch.llm.client import Client

    client = Client(run, model=name)
    if name == settings().llm:
        return choose_prompt(client, gold)
    with transaction() as conn:
        current, candidate = prompts.in_use(conn), prompts.on_file()
    scores = {p.version: score_prompt(p, client, gold)["pillar_score"] for p in (current, candidate)}
    reason = f"{name} is not the model that reads ads, so its scores choose nothing"
    versions = {"in_use": current.version, "candidate": candidate.version, "chosen": current.version}
    return {**versions, "reason": reason, "scores": scores}


def _raise_if_known(model: str, gold: GoldSet) -> None:
    """Raises NothingToCompare where the same prompt, or a worse one by stored scores, stands against the one in use.

    Stored scores alone are no verdict: a better prompt may have been scored and never chosen, by a run that was
    killed in between or with a model that read no ads then. Choosing it now costs nothing, its answers are cached.
    """
    with transaction() as conn:
        current, candidate = prompts.in_use(conn), prompts.on_file()
        bound = {
            "name": prompts.NAME,
            "versions": sorted({current.version, candidate.version}),
            "model": model,
            "gold_set": gold.version,
        }
        known = query.rows(conn, query.sql(__file__, "select_prompt_scores"), bound)
    scores = {row["version"]: row["pillar_score"] for row in known}
    told = ", ".join(f"{version} {score:.3f}" for version, score in scores.items()) or "not scored"
    on = f"with {model} on these ads: {told}"
    if candidate == current:
        raise NothingToCompare(f"Nothing to compare: prompt.md is the prompt in use ({on}). By hand it is scored.")
    if len(scores) == len(bound["versions"]) and scores[candidate.version] < scores[current.version]:
        raise NothingToCompare(f"Nothing new: the prompt in use was kept, because prompt.md reads worse ({on}).")


def _reason(before: dict[str, Any], after: dict[str, Any], pending: int) -> str:
    on = f"on {after['ads']} ads with {after['model']}"
    if pending:
        return f"not compared yet: {pending} readings {on} are pending (the budget, or the model did not answer)"
    if before["version"] == after["version"]:
        return f"prompt.md is the prompt in use; it scores {after['pillar_score']:.3f} {on}"
    return f"{after['pillar_score']:.3f} against {before['pillar_score']:.3f} {on}"


def score(read: Iterable[tuple[str, Pillars, Sequence[Pillars]]]) -> Scores:
    """Scores of (text, reading, annotations): field -> {"span", "value"}, and "all" -> {"pillar_score"}.

    pillar_score is the mean of both figures over audience, need and feature. Raises ValueError without ads.
    """
    groups: dict[str, list[dict[tuple[str, str], float]]] = defaultdict(list)
    for text, ours, annotated in read:
        figures = [_compare(text, ours, gold) for gold in annotated]
        groups[template(text)].append({key: mean(f[key] for f in figures) for key in figures[0]})
    if not groups:
        raise ValueError("There are no annotated ads to score against; give a gold file with at least one.")
    found: Scores = defaultdict(dict)
    for field, figure in next(iter(groups.values()))[0]:
        found[field][figure] = mean(mean(one[field, figure] for one in group) for group in groups.values())
    found["all"] = {"pillar_score": mean(found[field][figure] for field in LISTS for figure in ("span", "value"))}
    return {field: {name: round(value, 4) for name, value in figures.items()} for field, figures in found.items()}


def template(text: str) -> str:
    """What near-identical ads share: the first letters, without digits and marks."""
    return re.sub(r"\W+|\d+", " ", text.lower())[:80]


def characters(text: str, pillars: Pillars, field: str) -> set[int]:
    """Places in `text` that the quotes of a field cover, white space left out."""
    covered: set[int] = set()
    for mention in _of(pillars, field):
        start = text.find(mention.quote) if mention.quote else -1
        if mention.quote and start >= 0:
            covered.update(i for i in range(start, start + len(mention.quote)) if not text[i].isspace())
    return covered


def _compare(text: str, ours: Pillars, gold: Pillars) -> dict[tuple[str, str], float]:
    found = {}
    for field in FIELDS:
        found[field, "span"] = _f1(characters(text, ours, field), characters(text, gold, field))
        found[field, "value"] = _f1(_words(ours, field), _words(gold, field))
    found["tone", "accuracy"] = float(ours.tone == gold.tone)
    return found


def _words(pillars: Pillars, field: str) -> set[str]:
    said = (word for m in _of(pillars, field) for word in features.quoted_words(m.value))
    return {features.stem(word) for word in said if word not in features.STOP}


def _of(pillars: Pillars, field: str) -> list[Mention]:
    value = getattr(pillars, field)
    return value if isinstance(value, list) else [value] if value else []


def _f1(a: set[T], b: set[T]) -> float:
    if not a and not b:
        return 1.0
    hit = len(a & b)
    return 2 * hit / (len(a) + len(b)) if hit else 0.0
