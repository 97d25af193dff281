"""The client pays once for an answer, keeps to the budget, and tells useless answers apart."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from counterpitch.llm.answers import Unanswered
from counterpitch.llm.asking import ModelRejected
from counterpitch.llm.books import Books, Settled
from counterpitch.llm.client import Client, Limits, NoModel, Question, _spared, on_loop
from counterpitch.llm.line import Line
from counterpitch.llm.prices import Price
from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.llm.conftest import Start

QUICK = Limits(at_once=8, seconds=60.0, tries=4, answer_tokens=100)
HASTY = Limits(at_once=8, seconds=3.0, tries=4, answer_tokens=100)  # where a time-out is what happens


class Word(BaseModel):
    """The last word."""

    word: str


def questions(count: int, instructions: str = "Say the last word.") -> list[Question[Word]]:
    return [Question(instructions, f"number {i}", Word) for i in range(count)]


def words(answers: list[Word | Unanswered]) -> list[str]:
    return [a.word if isinstance(a, Word) else str(a.outcome) for a in answers]


def ledger(conn: Connection) -> dict[str, Any]:
    with conn:
        return query.rows(
            conn,
            "select count(*) as calls, coalesce(sum(prompt_tokens), 0)::int as prompt,"
            " coalesce(sum(completion_tokens), 0)::int as completion, coalesce(sum(cost), 0) as cost from llm.ledger",
        )[0]


def test_answers_come_in_order_and_a_second_run_calls_nobody(start: Start, conn: Connection) -> None:
    standin, client = start()
    first = client.ask(questions(50))
    assert words(first) == [str(i) for i in range(50)]
    calls = standin.calls
    again = Client("another run", model="openai:test", base_url=client.base_url)
    assert again.ask(questions(50)) == first
    assert standin.calls == calls == 50
    assert ledger(conn)["calls"] == 50


def test_the_same_question_twice_in_one_ask_is_paid_once(start: Start) -> None:
    standin, client = start()
    assert words(client.ask([*questions(3), *questions(3)])) == ["0", "1", "2", "0", "1", "2"]
    assert standin.calls == 3


def test_what_changes_the_answer_changes_the_key_and_nothing_else_does(start: Start) -> None:
    class Other(BaseModel):
        """Another shape."""

        word: str

    _, client = start(run="a")
    base = Question("i", "x", Word)
    different: list[Question[Any]] = [Question("j", "x", Word), Question("i", "y", Word), Question("i", "x", Other)]
    keys = {client.key(base), *(client.key(question) for question in different)}
    keys.add(Client("a", model="openai:test2", base_url=client.base_url).key(base))
    keys.add(Client("a", model="openai:test", base_url=client.base_url, limits=Limits(answer_tokens=9)).key(base))
    assert len(keys) == 6
    assert Client("b", model="openai:test", base_url=client.base_url, limits=Limits(at_once=1)).key(base) in keys


@given(st.text(), st.text(), st.integers(1, 9999))
def test_the_key_stays_what_it_was_so_that_no_answer_is_paid_again_after_an_upgrade(
    instructions: str, asked: str, tokens: int
) -> None:
    client = Client("a", model="openai:gpt-5-mini", limits=Limits(answer_tokens=tokens))
    holds = {
        "model": "openai:gpt-5-mini",
        "instructions": instructions,
        "input": asked,
        "schema": json.dumps(Word.model_json_schema(), sort_keys=True),
        "answer_tokens": tokens,
    }
    told = json.dumps(holds, sort_keys=True, ensure_ascii=False).encode()
    assert client.key(Question(instructions, asked, Word)) == hashlib.sha256(told).hexdigest()


def test_the_request_holds_the_shape_of_the_answer_as_a_tool_that_must_be_used(start: Start) -> None:
    bodies: list[dict[str, Any]] = []

    def script(body: dict[str, Any]) -> dict[str, Any]:
        bodies.append(body)
        return {"word": "yes"}

    _, client = start(answer=script)
    client.ask(questions(1))
    (body,) = bodies
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["tools"][0]["function"]["parameters"]["properties"].keys() == {"word"}
    assert body["tool_choice"] == "required"
    assert body["max_completion_tokens"] == client.limits.answer_tokens


def test_a_model_of_the_responses_api_keeps_its_tools_where_langchain_wants_them() -> None:
    model = init_chat_model("openai:gpt-5-pro", api_key="none", use_responses_api=True)
    bound = model.bind_tools([Word])
    assert _spared(model, bound) is bound


def test_it_keeps_to_its_concurrency(start: Start) -> None:
    standin, client = start(limits=QUICK, delay=0.05)
    standin.until = lambda _: standin.most_together >= 8
    client.ask(questions(40))
    assert standin.most_together == 8


@pytest.mark.parametrize("fault", ["too_many", "server_error", "time_out", "slow_stream"])
def test_passing_trouble_is_waited_out(start: Start, conn: Connection, fault: str) -> None:
    standin, client = start(limits=HASTY, plan=[fault, None], slow=9.0)
    assert words(client.ask(questions(1))) == ["0"]
    assert standin.calls == 2
    assert ledger(conn)["calls"] == 1


def test_lasting_trouble_leaves_the_question_open_and_is_asked_again_next_time(start: Start, conn: Connection) -> None:
    standin, client = start(limits=Limits(tries=2), faults={"server_error": 1.0})
    assert words(client.ask(questions(1))) == ["unreachable"]
    standin.faults = {}
    assert words(client.ask(questions(1))) == ["0"]
    assert query.scalar(conn, "select string_agg(outcome, ',') from ops.llm_failure") == "unreachable"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("truncated", "truncated"), ("filtered", "filtered"), ("refusal", "refused"), ("wrong_schema", "unparsable")],
)
def test_a_useless_answer_is_paid_but_not_cached_and_told_apart(
    start: Start, conn: Connection, fault: str, outcome: str
) -> None:
    standin, client = start(limits=QUICK, plan=[fault])
    assert words(client.ask(questions(1))) == [outcome]
    assert query.scalar(conn, "select count(*) from llm.answer") == 0
    assert query.scalar(conn, "select string_agg(outcome, ',') from ops.llm_failure") == outcome
    assert (ledger(conn)["prompt"], ledger(conn)["completion"]) == (standin.prompt_tokens, standin.completion_tokens)
    conn.rollback()
    assert words(client.ask(questions(1))) == ["0"], "not cached, so the next run asks again"


def test_a_question_that_fails_three_times_is_not_paid_a_fourth(start: Start) -> None:
    standin, client = start(limits=QUICK, faults={"refusal": 1.0})
    for _ in range(5):
        assert words(client.ask(questions(1))) == ["refused"]
    assert standin.calls == 3


def test_prose_round_the_json_is_forgiven(start: Start) -> None:
    _, client = start(limits=QUICK, plan=["prose"])
    assert words(client.ask(questions(1))) == ["0"]


def test_every_fault_on_every_question_ends_and_the_ledger_is_the_servers_count(start: Start, conn: Connection) -> None:
    faults = dict.fromkeys(
        ["too_many", "server_error", "truncated", "wrong_schema", "refusal", "filtered", "prose"], 0.08
    )
    standin, client = start(limits=HASTY, faults=faults | {"time_out": 0.02, "slow_stream": 0.02}, slow=9.0, seed=7)
    answers = client.ask(questions(120))
    told = words(answers)
    assert len(told) == 120
    assert all(word == str(i) or word in OUTCOMES for i, word in enumerate(told))
    assert len({word for word in told if word in OUTCOMES}) >= 3, "the seed meets several kinds"
    books = ledger(conn)
    assert (books["prompt"], books["completion"]) == (standin.prompt_tokens, standin.completion_tokens)
    assert query.scalar(conn, "select count(*) from llm.claim") == 0
    assert query.scalar(conn, "select count(*) from llm.reservation") == 0
    assert query.scalar(conn, "select count(*) from llm.answer") == sum(isinstance(a, Word) for a in answers)


OUTCOMES = {"truncated", "unparsable", "refused", "filtered", "unreachable"}


def test_a_bad_token_stops_at_once_with_a_word_on_what_to_do(start: Start) -> None:
    standin, client = start(limits=QUICK)
    lost = Client("run", model="openai:test", base_url=f"{client.base_url}/nowhere", limits=QUICK)
    with pytest.raises(ModelRejected, match="COUNTERPITCH_LLM"):
        lost.ask(questions(100))
    assert standin.calls == 0
    assert words(client.ask(questions(2))) == ["0", "1"], "its claims are free again"


def slow_books(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every entry takes so long that answers come while one is made."""
    settle = Books.settle

    def slowly(self: Books, calls: Sequence[Settled]) -> None:
        time.sleep(0.4)
        settle(self, calls)

    monkeypatch.setattr(Books, "settle", slowly)


def closing(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once a line of requests is closed."""
    closed, close = threading.Event(), Line.close

    def told(self: Line) -> None:
        close(self)
        closed.set()

    monkeypatch.setattr(Line, "close", told)
    return closed


def test_a_rejection_asks_nothing_new_and_keeps_every_answer_that_is_on_its_way(
    start: Start, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_books(monkeypatch)
    standin, client = start(limits=QUICK, plan=[None, "rejected", "slow_stream"], slow=0.6)
    standin.until = lambda _: standin.calls >= 3
    with pytest.raises(ModelRejected, match="not valid"):
        client.ask(questions(3))
    books = ledger(conn)
    assert (books["calls"], books["prompt"]) == (2, standin.prompt_tokens)
    assert words(client.ask(questions(3))) == ["0", "1", "2"]
    assert standin.calls == 4, "only the rejected one is asked again"


def test_after_a_rejection_what_waits_in_line_is_not_asked(
    start: Start, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = closing(monkeypatch)
    standin, client = start(limits=QUICK, plan=[None, None, "rejected"])
    standin.until = lambda fault: fault == "rejected" or closed.is_set()
    with pytest.raises(ModelRejected):
        client.ask(questions(200))
    assert standin.calls <= 10, "those that were out, and those whose turn came in the same moment"
    assert (ledger(conn)["calls"], ledger(conn)["prompt"]) == (standin.calls - 1, standin.prompt_tokens)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """An interrupt raises here, also where the tests run in the background of a shell, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="sends itself a signal")
@pytest.mark.usefixtures("interruptible")
def test_an_interruption_keeps_what_is_on_its_way_and_asks_nothing_more(
    start: Start, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, settle, we = closing(monkeypatch), Books.settle, threading.get_ident()
    standin, client = start(limits=QUICK)
    client.ask(questions(1, "Warm up."))
    closed.clear()
    first = iter([True])
    standin.until = lambda _: closed.is_set() or (standin.most_together >= 8 and next(first, False))

    def interrupted(self: Books, calls: Sequence[Settled]) -> None:
        if not closed.is_set():
            signal.pthread_kill(we, signal.SIGINT)
            assert closed.wait(120)
        settle(self, calls)

    monkeypatch.setattr(Books, "settle", interrupted)
    with pytest.raises(KeyboardInterrupt):
        client.ask(questions(200))
    asked = standin.calls
    assert asked <= 1 + 10, "one answer is being entered, and the others are on their way"
    assert (ledger(conn)["calls"], ledger(conn)["prompt"]) == (asked, standin.prompt_tokens)
    assert standin.calls == asked


def test_a_request_has_its_seconds_and_waiting_for_its_turn_is_not_among_them(start: Start) -> None:
    _, client = start(limits=Limits(seconds=2.0, tries=1))

    async def late() -> AIMessage:
        turns = Line(1)
        async with turns:
            asked = asyncio.create_task(client.call(questions(1)[0], turns))
            await asyncio.sleep(2.5)
        return await asked

    assert on_loop(late()).tool_calls[0]["args"] == {"word": "0"}
    _, client = start(limits=Limits(seconds=0.5, tries=1), plan=["slow_stream"], slow=3.0)
    assert words(client.ask(questions(1, "Say it slowly."))) == ["unreachable"]


def test_questions_of_two_shapes_share_what_may_be_out_at_once(start: Start) -> None:
    class Other(BaseModel):
        """Another shape."""

        word: str

    standin, client = start(limits=QUICK, delay=0.05)
    standin.until = lambda _: standin.most_together >= 8
    both = [Question("Say it.", f"number {i}", schema) for i in range(20) for schema in (Word, Other)]
    client.ask(both)
    assert standin.most_together == 8


def test_the_budget_stops_before_the_call_and_what_it_leaves_is_done_tomorrow(
    start: Start, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin, client = start(limits=QUICK)
    client.price = Price(Decimal(0), Decimal(10))
    assert client.most(questions(1)[0]) == Decimal("0.001")
    monkeypatch.setenv("COUNTERPITCH_LLM_DAILY_BUDGET", "0.00115")
    settings.cache_clear()
    answers = client.ask(questions(20))
    left = [a for a in answers if isinstance(a, Unanswered)]
    assert 0 < len(left) < 20
    assert {a.outcome for a in left} == {"budget"}
    assert "COUNTERPITCH_LLM_DAILY_BUDGET" in left[0].detail
    assert re.search(r"\$\d+\.\d{4} of \$\d+\.\d\d is spent or set aside today", left[0].detail), "the sums"
    assert ledger(conn)["cost"] <= Decimal("0.00115")
    assert standin.calls == 20 - len(left)
    with conn:
        query.execute(conn, "update llm.ledger set spent_on = spent_on - 1")
    assert sum(isinstance(a, Word) for a in client.ask(questions(20))) > 20 - len(left)


def test_a_run_has_a_budget_of_its_own(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    _, client = start(limits=QUICK)
    client.price = Price(Decimal(0), Decimal(10))
    monkeypatch.setenv("COUNTERPITCH_LLM_RUN_BUDGET", "0.0005")
    settings.cache_clear()
    (answer,) = client.ask(questions(1))
    assert isinstance(answer, Unanswered)
    assert "COUNTERPITCH_LLM_RUN_BUDGET" in answer.detail


def test_no_model_says_how_to_name_one(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COUNTERPITCH_LLM", raising=False)
    settings.cache_clear()
    with pytest.raises(NoModel, match="COUNTERPITCH_LLM"):
        Client("run")
