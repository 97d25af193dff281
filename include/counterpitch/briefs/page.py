"""A brief as one Markdown page: what a marketer reads aloud, and a creative works from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from counterpitch.briefs import wording
from counterpitch.briefs.gather import Case, Evidence
from counterpitch.briefs.numbers import Figure
from counterpitch.briefs.story import READER, Story
from counterpitch.personas import languages
from counterpitch.personas.casing import capitalise
from counterpitch.personas.name import listed

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


def page(story: Story, case: Case, figures: Sequence[Figure]) -> str:
    """The brief's body_md. Exact words of ads are escaped, so that no ad can format our page."""
    parts = [
        f"# {escape(story.title)}",
        _standing(story, case),
        f"**The story.** {escape(story.sentence)}",
        f"**The key message.** {escape(story.key_message)}",
        "## Why now",
        _bullets(figure.text for figure in figures),
        "## What they hear today",
        "\n\n".join(_evidence(evidence) for evidence in case.evidence),
        "## What we can prove",
        escape(story.proof),
        "\n\n".join(_fact(fact) for fact in story.facts),
        "## Do",
        _bullets(story.do),
        "## Don't",
        _bullets(story.dont),
        "## Format and channel, as counted",
        _bullets(story.formats),
        *_headlines(story),
        "## Where the numbers come from",
        _bullets(_sources(figures), escaped=True),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """The text with Markdown's marks made plain."""
    return _MARKS.sub(r"\\\1", text)


def _standing(story: Story, case: Case) -> str:
    kinds = {"white_space": "White space", "behind": "We are behind", "even": "A lead to test, not a proven gap"}
    return f"*{kinds[case.gap['kind']]} · {escape(story.persona)} · {escape(story.theme)}*"


def _evidence(evidence: Evidence) -> str:
    said = [
        f"**{escape(evidence.brand)}**",
        f"running {wording.count(evidence.ad.running_days, 'day')}",
        (evidence.ad.media_type or "").lower() or None,
        None if evidence.language in {READER, "und"} else f"in {languages.name(evidence.language)}",
        _expected(evidence),
        _link(evidence),
    ]
    return f"{_lines(evidence.lines)}\n>\n> — {' · '.join(part for part in said if part)}"


def _lines(lines: Sequence[str]) -> str:
    """Sentences of one ad; what was left out between them is shown."""
    return "\n>\n> […]\n>\n".join(f"> {_shown(line)}" for line in lines) or "> (no quote)"


def _expected(evidence: Evidence) -> str | None:
    score = evidence.score
    if not score:
        return None
    return (
        f"if it ran for us: {wording.percent(score.ctr, 2)} clicks "
        f"({wording.percent(score.low, 2)} to {wording.percent(score.high, 2)})"
    )


def _link(evidence: Evidence) -> str:
    key = f"`{evidence.ad.ad_key}`"
    url = evidence.ad.public_url or ""
    return f"[{evidence.ad.ad_key}]({url})" if re.fullmatch(r"https?://[^\s()<>]+", url) else key


def _fact(fact: Any) -> str:
    marked = "" if fact["language"] in {READER, "und"} else f" · in {languages.name(fact['language'])}"
    days = wording.count(fact["running_days"], "day")
    return f"{_lines(fact['lines'])}\n>\n> — our ad `{fact['ad_key']}`, running {days}{marked}"


def _headlines(story: Story) -> list[str]:
    if not story.headlines:
        return []
    lines = [f"{escape(line['text'])} (from our ad `{line['ad_key']}`)" for line in story.headlines]
    return ["## Headlines to start from", _bullets(lines, escaped=True)]


def _sources(figures: Sequence[Figure]) -> list[str]:
    """One line for each set of rows, with the figures that were counted from it."""
    found: dict[str, list[str]] = {}
    for figure in figures:
        key = ", ".join(
            f"{name} {value if not isinstance(value, list) else 'of ' + wording.count(len(value), 'ad')}"
            for name, value in figure.rows["key"].items()
        )
        found.setdefault(f"`{figure.rows['table']}`, `{key}`", []).append(figure.name)
    return [f"{capitalise(listed(names))}: {rows}" for rows, names in found.items()]


def _bullets(items: Any, *, escaped: bool = False) -> str:
    return "\n".join(f"- {item if escaped else escape(item)}" for item in items)


def _shown(quote: str | None) -> str:
    return escape(" ".join((quote or "").split()))
