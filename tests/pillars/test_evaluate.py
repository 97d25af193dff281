"""Scores mean what they say, and a prompt replaces another only if it reads no worse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.llm.standin import StandIn, serving
from counterpitch.pillars import evaluate, prompts
from counterpitch.pillars.schema import Mention, Pillars
from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

AD = "Tired of chores?\nTidy does them twice as fast."
NEED = Pillars(customer_need=[Mention(value="less chores", quote="Tired of chores?")])


def test_the_same_reading_scores_one_and_silence_about_a_speaking_ad_does_not() -> None:
    assert evaluate.score([(AD, NEED, [NEED])])["all"]["pillar_score"] == 1
    silent = evaluate.score([(AD, Pillars(), [NEED])])
    assert (silent["customer_need"], silent["product_feature"]) == ({"span": 0, "value": 0}, {"span": 1, "value": 1})
    assert silent["all"]["pillar_score"] == pytest.approx(2 / 3, abs=1e-4)


def test_half_the_characters_and_half_the_words_are_an_f1_of_two_thirds() -> None:
    half = Pillars(customer_need=[Mention(value="less", quote="Tired o")])
    gold = Pillars(customer_need=[Mention(value="less chores", quote="Tired of chor")])
    scores = evaluate.score([(AD, half, [gold])])["customer_need"]
    assert scores["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert scores["span"] == pytest.approx(2 * 6 / (6 + 11), abs=1e-4)


def test_each_annotator_counts_the_same_and_near_identical_ads_count_once() -> None:
    both = evaluate.score([(AD, NEED, [NEED, Pillars()])])["customer_need"]["span"]
    assert both == 0.5
    again = [(AD, NEED, [NEED]), (AD, NEED, [NEED]), ("Something else", NEED, [Pillars()])]
    assert evaluate.score(again)["customer_need"]["value"] == 0.5


def test_nothing_to_score_against_is_said() -> None:
    with pytest.raises(ValueError, match="gold"):
        evaluate.score([])


@given(st.lists(st.text(alphabet="abc ", max_size=12), max_size=3), st.lists(st.text(alphabet="abc ", max_size=12)))
def test_a_score_lies_between_nothing_and_one(ours: list[str], theirs: list[str]) -> None:
    read = Pillars(customer_need=[Mention(value=q or "x", quote=q) for q in ours])
    gold = Pillars(customer_need=[Mention(value=q or "x", quote=q) for q in theirs])
    scores = evaluate.score([("a b c ab bc abc", read, [gold])])
    assert all(0 <= figure <= 1 for figures in scores.values() for figure in figures.values())


def test_a_bad_line_of_a_gold_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text('{"ad_key": "a", "text": "t", "pillars": {}}\n{"ad_key": "b"}\n', encoding="utf-8")
    with pytest.raises(evaluate.BadGold, match="line 2"):
        evaluate.gold_set(file)


@pytest.fixture
def gold(tmp_path: Path) -> evaluate.GoldSet:
    file = tmp_path / "gold.jsonl"
    row = {"ad_key": "a", "text": AD, "pillars": NEED.model_dump()}
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return evaluate.gold_set(file)


@pytest.mark.parametrize(("old", "new", "chosen"), [(False, True, "new"), (True, False, "old"), (True, True, "new")])
def test_a_new_prompt_is_used_if_it_is_not_worse(
    conn: Connection,
    gold: evaluate.GoldSet,
    monkeypatch: pytest.MonkeyPatch,
    old: bool,
    new: bool,
    chosen: str,
) -> None:
    from counterpitch.llm.client import Client

    monkeypatch.setenv("COUNTERPITCH_HOME", "/nonexistent-home")
    settings.cache_clear()
    right = {"old": old, "new": new}

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        name = "old" if body["messages"][0]["content"] == "The old prompt." else "new"
        return NEED.model_dump() if right[name] else Pillars().model_dump()

    with conn:
        prompts.choose(conn, prompts.Prompt("The old prompt."), "the first prompt")
    versions = {"old": prompts.Prompt("The old prompt.").version, "new": prompts.on_file().version}
    assert evaluate.pending_evaluation()
    with serving(StandIn(answer)) as url:
        verdict = evaluate.choose_prompt(Client("run", model="openai:test", base_url=url), gold)
    assert verdict["chosen"] == versions[chosen]
    assert prompts.in_use(conn).version == versions[chosen]
    scored = query.rows(conn, "select version, pillar_score, ads, pending from llm.prompt_score")
    assert {row["version"]: row["pillar_score"] == 1 for row in scored} == {
        versions[name]: worked for name, worked in right.items()
    }
