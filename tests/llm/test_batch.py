"""Half-price batches over real HTTP: handed in once, fetched by any process, found again after a crash."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from openai import OpenAI

from counterpitch.llm import batch
from counterpitch.llm.answers import Unanswered
from counterpitch.llm.batch import BatchRefused, BatchService, BatchUnreachable, OpenAIBatches
from counterpitch.llm.books import PATIENCE
from counterpitch.llm.client import Client
from counterpitch.llm.prices import Price
from counterpitch.llm.standin import StandIn
from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.llm.conftest import Start
from tests.llm.test_client import ledger, questions, words

Served = tuple[StandIn, Client, BatchService]
NOBODY = "http://127.0.0.1:9/v1"  # a port on which nothing listens


@pytest.fixture
def served(start: Start, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The server's books, a client that pays a dollar a million tokens, and the batch service between them."""
    standin, client = start()
    client.price = Price(Decimal(1), Decimal(1))
    monkeypatch.setenv("COUNTERPITCH_LLM_BATCH", "on")
    settings.cache_clear()
    service = batch.service_of(client)
    assert service is not None
    yield standin, client, service
    settings.cache_clear()


def again(client: Client, run: str = "another run") -> Client:
    """The same client in another run."""
    other = Client(run, model=client.model, base_url=client.base_url)
    other.price = client.price
    return other


def hours_later(conn: Connection, hours: int) -> None:
    """Let that time pass for all that the books hold."""
    ago = {"hours": hours}
    with conn:
        query.execute(conn, "update llm.batch set submitted_at = submitted_at - %(hours)s * interval '1 hour'", ago)
        query.execute(conn, "update llm.claim set expires_at = expires_at - %(hours)s * interval '1 hour'", ago)
        query.execute(conn, "update llm.reservation set expires_at = expires_at - %(hours)s * interval '1 hour'", ago)


def test_answers_are_fetched_into_the_cache_at_half_price_to_the_token(served: Served, conn: Connection) -> None:
    standin, client, service = served
    assert words(batch.exchange(client, questions(5), service)) == ["waiting"] * 5
    assert words(batch.exchange(client, questions(5), service)) == ["waiting"] * 5, "still worked on"
    standin.batches.finish()
    assert words(batch.exchange(client, questions(5), service)) == ["0", "1", "2", "3", "4"]
    books = ledger(conn)
    assert (books["prompt"], books["completion"]) == (standin.prompt_tokens, standin.completion_tokens)
    assert books["cost"] * 1_000_000 * 2 == books["prompt"] + books["completion"]
    assert words(again(client).ask(questions(5))) == ["0", "1", "2", "3", "4"]
    assert (standin.calls, len(standin.batches.batches)) == (0, 1), "handed in once, and all from the cache since"
    assert query.scalar(conn, "select count(*) from llm.claim") == 0
    assert query.scalar(conn, "select count(*) from llm.reservation") == 0


def test_what_a_batch_works_on_is_not_handed_in_again_by_another_run(served: Served) -> None:
    standin, client, service = served
    batch.exchange(client, questions(3), service)
    assert words(batch.exchange(again(client), questions(4), service)) == ["waiting"] * 4
    standin.batches.finish()
    assert words(batch.exchange(again(client), questions(4), service)) == ["0", "1", "2", "3"]
    assert max(standin.asked.values()) == 1


def test_a_direct_call_leaves_what_a_batch_works_on_alone_and_does_not_wait_for_it(served: Served) -> None:
    standin, client, service = served
    batch.exchange(client, questions(2), service)
    started = time.monotonic()
    assert words(again(client).ask(questions(3))) == ["claimed", "claimed", "2"]
    assert time.monotonic() - started < PATIENCE / 3, "the claim would be waited for so long"
    assert standin.calls == 1


def test_a_process_that_dies_after_handing_in_finds_its_batch_again(
    served: Served, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin, client, service = served
    submit = OpenAIBatches.submit

    def dies(*asked: object) -> str:
        submit(*asked)  # type: ignore[arg-type]  # handed on as it came
        raise KeyboardInterrupt

    monkeypatch.setattr(OpenAIBatches, "submit", dies)
    with pytest.raises(KeyboardInterrupt):
        batch.exchange(client, questions(3), service)
    monkeypatch.setattr(OpenAIBatches, "submit", submit)
    assert words(batch.exchange(client, questions(3), service)) == ["waiting"] * 3
    standin.batches.finish()
    assert words(batch.exchange(client, questions(3), service)) == ["0", "1", "2"]
    assert len(standin.batches.batches) == 1
    assert query.scalar(conn, "select count(*) from llm.claim") == 0


def test_a_batch_that_never_arrived_is_given_up_when_it_must_have_and_handed_in_anew(
    served: Served, conn: Connection
) -> None:
    standin, client, service = served
    standin.batches.refuse = 503
    assert words(batch.exchange(client, questions(2), service)) == ["waiting"] * 2
    standin.batches.refuse = None
    assert words(batch.exchange(client, questions(2), service)) == ["waiting"] * 2
    assert not standin.batches.batches, "what the provider took at the time-out may still appear there"
    hours_later(conn, hours=1)
    assert words(batch.exchange(client, questions(2), service)) == ["waiting"] * 2
    states = query.rows(conn, "select state from llm.batch order by submitted_at")
    assert [row["state"] for row in states] == ["lost", "open"]
    assert query.scalar(conn, "select count(*) from llm.claim") == 2


def test_what_a_batch_holds_is_not_paid_again_however_long_it_takes(served: Served, conn: Connection) -> None:
    standin, client, service = served
    batch.exchange(client, questions(2), service)
    hours_later(conn, hours=50)
    assert words(batch.exchange(again(client), questions(2), service)) == ["waiting"] * 2
    assert words(again(client).ask(questions(2))) == ["claimed"] * 2
    assert (standin.calls, len(standin.batches.batches)) == (0, 1)
    held = query.scalar(conn, "select count(*) from llm.reservation where owner = 0")
    assert held == 2, "nor is the money that it may cost"


def test_an_open_batch_is_booked_though_settings_moved_to_another_model(
    served: Served, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin, client, service = served
    batch.exchange(client, questions(2), service)
    standin.batches.finish()
    monkeypatch.delenv("COUNTERPITCH_LLM_BATCH")
    look(client, monkeypatch)
    assert ledger(conn)["calls"] == 2
    assert words(client.ask(questions(2))) == ["0", "1"]
    assert standin.calls == 0


def test_trouble_with_an_old_models_batches_stops_nothing(
    served: Served, conn: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, client, service = served
    batch.exchange(client, questions(1), service)
    monkeypatch.setenv("COUNTERPITCH_LLM_BASE_URL", NOBODY)
    settings.cache_clear()
    batch.fetch_open(["openai:test"], questions(1)[0].schema, "another run")
    assert "openai:test" in caplog.text
    assert query.scalar(conn, "select state from llm.batch") == "open"


def test_a_batch_that_the_provider_no_longer_has_is_given_up(served: Served, conn: Connection) -> None:
    standin, client, service = served
    batch.exchange(client, questions(2), service)
    standin.batches.batches["another id"] = standin.batches.batches.pop("batch_1")
    hours_later(conn, hours=1)
    assert words(batch.exchange(again(client), questions(2), service)) == ["waiting"] * 2
    states = query.rows(conn, "select state from llm.batch order by submitted_at")
    assert [row["state"] for row in states] == ["lost", "open"]


def look(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the open batches, and hand nothing in."""
    monkeypatch.setenv("COUNTERPITCH_LLM_BASE_URL", str(client.base_url))
    settings.cache_clear()
    batch.fetch_open([client.model], questions(1)[0].schema, "another run")


def test_a_batch_that_was_lost_after_it_arrived_is_booked_as_all_that_was_set_aside_for_it(
    served: Served, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin, client, service = served
    asked = questions(2)
    batch.exchange(client, asked, service)
    standin.batches.batches.clear()
    hours_later(conn, hours=1)
    look(client, monkeypatch)
    assert ledger(conn)["cost"] == sum(client.most(question) for question in asked) / 2
    why = query.rows(conn, "select distinct outcome, detail from ops.llm_failure")
    assert [row["outcome"] for row in why] == ["unreachable"]
    assert "booked as spent" in why[0]["detail"]
    assert query.scalar(conn, "select count(*) from llm.reservation") == 0


def test_a_batch_that_never_arrived_costs_nothing(
    served: Served, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin, client, service = served
    standin.batches.refuse = 503
    batch.exchange(client, questions(2), service)
    hours_later(conn, hours=1)
    look(client, monkeypatch)
    assert query.scalar(conn, "select state from llm.batch") == "lost"
    assert ledger(conn)["calls"] == 0


@pytest.mark.parametrize("bills", [True, False])
def test_results_that_are_gone_cost_what_the_provider_bills_or_else_what_was_set_aside(
    served: Served, conn: Connection, bills: bool
) -> None:
    standin, client, service = served
    standin.batches.bills = bills
    batch.exchange(client, questions(3), service)
    most = client.most(questions(1)[0]) * 3 / 2
    with conn:
        query.execute(conn, "update llm.reservation set spent_on = spent_on - 1")
        yesterday = query.scalar(conn, "select min(spent_on) from llm.reservation")
    standin.batches.finish()
    (output,) = (each["output_file_id"] for each in standin.batches.batches.values())
    del standin.batches.files[output]
    answers = batch.exchange(client, questions(3), service)
    assert all("not there any more" in str(answer) for answer in answers)
    books = ledger(conn)
    billed = Decimal(standin.prompt_tokens + standin.completion_tokens) / 2_000_000
    assert books["cost"] == (billed if bills else most)
    assert (books["prompt"], books["completion"]) == (
        (standin.prompt_tokens, standin.completion_tokens) if bills else (0, 0)
    )
    days = query.rows(conn, "select distinct spent_on from llm.ledger")
    assert [row["spent_on"] for row in days] == [yesterday], "the day whose budget allowed it"
    assert query.scalar(conn, "select state from llm.batch") == "settled"
    assert words(batch.exchange(again(client), questions(3), service)) == ["waiting"] * 3


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": 5, "output_tokens": None},
        {"input_tokens": None, "output_tokens": "many"},
        {"input_tokens": -1},
        {"output_tokens": 2.5},
        {},
        "a lot",
    ],
)
def test_a_bill_that_cannot_be_read_keeps_no_batch_from_being_settled(
    served: Served, conn: Connection, usage: dict[str, Any] | str
) -> None:
    standin, client, service = served
    batch.exchange(client, questions(2), service)
    standin.batches.finish()
    standin.batches.batches["batch_1"]["usage"] = usage
    assert words(batch.exchange(client, questions(2), service)) == ["0", "1"]
    assert query.scalar(conn, "select state from llm.batch") == "settled"
    books = ledger(conn)
    assert (books["prompt"], books["completion"]) == (standin.prompt_tokens, standin.completion_tokens)


COMPLETION = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (COMPLETION, 10),
        (COMPLETION | {"choices": [{"message": {"content": "hm", "tool_calls": [{}]}}]}, 10),
        (COMPLETION | {"choices": [{"message": None}], "usage": {"prompt_tokens": None, "completion_tokens": "3"}}, 0),
        (None, 0),
        ("cut", 0),
    ],
)
def test_a_line_that_cannot_be_read_costs_its_tokens_and_no_other_answer(
    served: Served, conn: Connection, body: dict[str, Any] | str | None, tokens: int
) -> None:
    standin, client, service = served
    batch.exchange(client, questions(3), service)
    standin.batches.finish()
    (output,) = (each["output_file_id"] for each in standin.batches.batches.values())
    lines = standin.batches.files[output].split("\n")
    row = json.loads(lines[1])
    row["response"]["body"] = body
    lines[1] = lines[1][:120] if body == "cut" else json.dumps(row)
    standin.batches.files[output] = "\n".join([*lines, "null", "[", "\u2028"])
    standin.batches.batches["batch_1"].pop("usage")
    assert words(batch.exchange(client, questions(3), service)) == ["0", "unparsable", "2"]
    assert query.scalar(conn, "select state from llm.batch") == "settled"
    paid = query.scalar(
        conn, "select sum(prompt_tokens + completion_tokens)::int from llm.ledger where outcome = 'unparsable'"
    )
    assert (paid or 0) == tokens


def test_a_separator_of_unicode_inside_an_answer_cuts_no_line(served: Served) -> None:
    standin, client, service = served
    batch.exchange(client, questions(1), service)
    standin.batches.finish()
    for name, text in standin.batches.files.items():
        standin.batches.files[name] = text.replace('\\"0\\"', '\\"a\u2028b\\"')
    assert words(batch.exchange(client, questions(1), service)) == ["a\u2028b"]


def test_a_service_that_does_not_answer_is_waited_for_once_something_is_handed_in(served: Served) -> None:
    standin, client, service = served
    batch.exchange(client, questions(2), service)
    down = OpenAIBatches(OpenAI(base_url=NOBODY, api_key="none", max_retries=0))
    (first, _, third) = batch.exchange(client, questions(3), down)
    assert isinstance(first, Unanswered)
    assert isinstance(third, Unanswered)
    assert (first.outcome, third.outcome) == ("waiting", "waiting")
    assert "does not answer now" in first.detail
    with pytest.raises(BatchUnreachable):
        batch.exchange(client, questions(2, "Something else."), down)
    standin.batches.finish()
    assert words(batch.exchange(client, questions(2), service)) == ["0", "1"]


def test_a_server_without_batches_is_refused_with_a_word_and_its_questions_are_free(served: Served) -> None:
    standin, client, service = served
    standin.batches.refuse = 404
    with pytest.raises(BatchRefused, match="COUNTERPITCH_LLM_BATCH"):
        batch.exchange(client, questions(2), service)
    assert words(client.ask(questions(2))) == ["0", "1"]


def test_what_an_expired_batch_came_to_is_kept_and_the_rest_waits_for_the_next_run(
    served: Served, conn: Connection
) -> None:
    standin, client, service = served
    batch.exchange(client, questions(6), service)
    standin.batches.finish("expired", answered=3, errors=1)
    answers = batch.exchange(client, questions(6), service)
    told = [answer.detail for answer in answers if isinstance(answer, Unanswered)]
    assert len(told) == 3
    assert sum("this request cannot be done" in why for why in told) == 1
    assert sum("expired before it came" in why for why in told) == 2
    books = ledger(conn)
    assert (books["calls"], books["prompt"]) == (3, standin.prompt_tokens)
    assert words(batch.exchange(again(client), questions(6), service)).count("waiting") == 3
    standin.batches.finish()
    assert words(batch.exchange(again(client), questions(6), service)) == [str(i) for i in range(6)]
    assert max(standin.asked.values()) == 1, "nothing was answered twice"


def test_a_batch_that_the_provider_could_not_read_says_so(served: Served) -> None:
    standin, client, service = served
    batch.exchange(client, questions(1), service)
    standin.batches.finish("failed")
    (answer,) = batch.exchange(client, questions(1), service)
    assert "the file was not accepted" in str(answer)


@pytest.mark.parametrize(("fault", "outcome"), [("refusal", "refused"), ("truncated", "truncated")])
def test_useless_answers_of_a_batch_are_told_apart(served: Served, conn: Connection, fault: str, outcome: str) -> None:
    standin, client, service = served
    standin.plan = [fault]
    batch.exchange(client, questions(1), service)
    standin.batches.finish()
    assert words(batch.exchange(client, questions(1), service)) == [outcome]
    assert query.scalar(conn, "select outcome from ops.llm_failure") == outcome
    assert ledger(conn)["completion"] == standin.completion_tokens


def test_a_batch_keeps_to_the_budget_and_sets_aside_what_it_may_cost(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, client, service = served
    monkeypatch.setenv("COUNTERPITCH_LLM_DAILY_BUDGET", str(client.most(questions(1)[0]) * Decimal("1.6")))
    settings.cache_clear()
    told = words(batch.exchange(client, questions(10), service))
    assert told == ["waiting"] * 3 + ["budget"] * 7
    (answer,) = again(client).ask([questions(11)[10]])
    assert isinstance(answer, Unanswered)


def test_what_a_batch_costs_is_spent_on_the_day_it_was_handed_in(served: Served, conn: Connection) -> None:
    standin, client, service = served
    batch.exchange(client, questions(2), service)
    with conn:
        query.execute(conn, "update llm.reservation set spent_on = spent_on - 1")
    client.ask([questions(3)[2]])
    standin.batches.finish()
    batch.exchange(client, questions(2), service)
    days = query.rows(conn, "select spent_on, count(*) as calls from llm.ledger group by 1 order by 1")
    assert [row["calls"] for row in days] == [2, 1], "today's budget paid for one call, and books no more than that"
    assert days[1]["spent_on"] - days[0]["spent_on"] == timedelta(days=1)


def test_batches_are_off_unless_asked_for_and_not_for_every_provider(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, client, _ = served
    client.model = "anthropic:claude-haiku-4-5"
    with pytest.raises(BatchRefused, match="anthropic:claude-haiku-4-5"):
        batch.service_of(client)
    monkeypatch.delenv("COUNTERPITCH_LLM_BATCH")
    settings.cache_clear()
    assert batch.service_of(client) is None


def test_the_clients_own_retries_are_off_so_that_nothing_is_handed_in_twice(served: Served) -> None:
    service = served[2]
    assert isinstance(service, OpenAIBatches)
    inner = service._client  # what is promised here is a setting of the provider's client
    assert isinstance(inner, OpenAI)
    assert inner.max_retries == 0
