"""Scores mean what they say, and a prompt replaces another only if it reads no worse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.llm.prices import Price
from counterpitch.llm.standin import StandIn, serving
from counterpitch.pillars import evaluate, prompts
from counterpitch.pillars.schema import FIELDS, Mention, Pillars
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


def test_a_line_of_a_gold_file_ends_where_json_ends_it(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    row = {"ad_key": "a", "text": "Sleep well.\u2028Tonight.\x85Really.", "pillars": {}}
    file.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    assert [ad.text for ad in evaluate.gold_set(file).ads] == [row["text"]]


@pytest.fixture
def gold(tmp_path: Path) -> evaluate.GoldSet:
    file = tmp_path / "gold.jsonl"
    row = {"ad_key": "a", "text": AD, "pillars": NEED.model_dump()}
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return evaluate.gold_set(file)


Talk = Callable[..., StandIn]


@pytest.fixture
def talk(conn: Connection, gold: evaluate.GoldSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    """talk(old=..., new=...): a model that reads the ad right, or not, by the old prompt (in use) and the new."""
    monkeypatch.setenv("COUNTERPITCH_HOME", "/nonexistent-home")
    monkeypatch.setenv("COUNTERPITCH_LLM", "openai:test")
    monkeypatch.setenv("COUNTERPITCH_GOLD", str(tmp_path / "gold.jsonl"))
    with conn:
        prompts.choose(conn, OLD, "the first prompt")
    with ExitStack() as stack:

        def begin(*, old: bool, new: bool, **options: Any) -> StandIn:
            def answer(body: dict[str, Any]) -> dict[str, Any]:
                right = old if body["messages"][0]["content"] == OLD.body else new
                return NEED.model_dump() if right else Pillars().model_dump()

            standin = StandIn(answer, **options)
            monkeypatch.setenv("COUNTERPITCH_LLM_BASE_URL", stack.enter_context(serving(standin)))
            settings.cache_clear()
            return standin

        yield begin
    settings.cache_clear()


OLD = prompts.Prompt("The old prompt.")


@pytest.mark.parametrize(("old", "new", "chosen"), [(False, True, "new"), (True, False, "old"), (True, True, "new")])
def test_a_new_prompt_is_used_if_it_is_not_worse(
    conn: Connection, talk: Talk, old: bool, new: bool, chosen: str
) -> None:
    standin = talk(old=old, new=new)
    versions = {"old": OLD.version, "new": prompts.on_file().version}
    verdict = evaluate.compare("run", again=False)
    assert verdict["chosen"] == versions[chosen]
    assert prompts.in_use(conn).version == versions[chosen]
    scored = query.rows(conn, "select version, pillar_score, ads, pending from llm.prompt_score")
    assert {row["version"]: row["pillar_score"] == 1 for row in scored} == {versions["old"]: old, versions["new"]: new}
    last = query.scalar(conn, "select reason from llm.prompt_choice order by choice_id desc limit 1")
    assert last == (verdict["reason"] if chosen == "new" else "the first prompt")
    conn.rollback()
    with pytest.raises(evaluate.NothingToCompare, match="openai:test"):
        evaluate.compare("tomorrow's run", again=False)
    assert evaluate.compare("by hand", again=True)["chosen"] == versions[chosen]
    assert standin.calls == 2, "what was read once costs nothing"


def test_an_unfinished_comparison_chooses_nothing_and_goes_on_the_next_day(
    conn: Connection, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk(old=False, new=True)
    monkeypatch.setenv("COUNTERPITCH_LLM_DAILY_BUDGET", "0.001")
    monkeypatch.setattr("counterpitch.llm.prices.of", lambda *_: Price(Decimal(1), Decimal(1)))
    settings.cache_clear()
    verdict = evaluate.compare("run", again=False)
    assert (verdict["chosen"], "pending" in verdict["reason"]) == (OLD.version, True)
    monkeypatch.delenv("COUNTERPITCH_LLM_DAILY_BUDGET")
    settings.cache_clear()
    assert evaluate.compare("tomorrow's run", again=False)["chosen"] == prompts.on_file().version


def test_a_better_prompt_that_was_scored_and_not_chosen_is_chosen_the_next_day(
    conn: Connection, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin = talk(old=False, new=True)
    monkeypatch.setenv("COUNTERPITCH_LLM", "openai:another")
    settings.cache_clear()
    assert evaluate.compare("run", model="openai:test", again=True)["chosen"] == OLD.version
    monkeypatch.setenv("COUNTERPITCH_LLM", "openai:test")
    settings.cache_clear()
    assert evaluate.compare("tomorrow's run", again=False)["chosen"] == prompts.on_file().version
    assert standin.calls == 2, "by the answers that are known"


def test_an_unedited_prompt_costs_nothing(conn: Connection, talk: Talk) -> None:
    standin = talk(old=True, new=True)
    with conn:
        prompts.choose(conn, prompts.on_file(), "it is on file")
    with pytest.raises(evaluate.NothingToCompare, match="prompt in use"):
        evaluate.compare("the first morning's run", again=False)
    assert standin.calls == 0
    assert evaluate.compare("by hand", again=True)["scores"] == {prompts.on_file().version: 1}


def test_without_a_model_there_is_nothing_to_compare(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COUNTERPITCH_LLM", raising=False)
    settings.cache_clear()
    with pytest.raises(evaluate.NothingToCompare, match="COUNTERPITCH_LLM"):
        evaluate.compare("run", again=True)


def test_another_models_scores_choose_nothing(conn: Connection, talk: Talk) -> None:
    talk(old=False, new=True)
    assert evaluate.compare("run", model="openai:other", again=True)["chosen"] == OLD.version
    assert query.scalar(conn, "select count(*) from llm.prompt_score where model = 'openai:other'") == 2


def test_the_bundled_gold_set_quotes_its_ads_and_speaks_of_every_pillar() -> None:
    gold = evaluate.gold_set(evaluate.BUNDLED)
    said = [(ad.text, field, mention) for ad in gold.ads for read in ad.read for field, mention in read.mentions()]
    assert len(gold.ads) >= 30
    assert all(mention.quote and mention.quote in text for text, _, mention in said)
    assert {field for _, field, _ in said} == set(FIELDS)
    assert any(not list(read.mentions()) for ad in gold.ads for read in ad.read), "one that says nothing is among them"
    perfect = evaluate.score((ad.text, ad.read[0], ad.read) for ad in gold.ads)
    assert perfect["all"]["pillar_score"] == 1
