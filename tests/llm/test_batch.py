"""Batches are submitted once, collected by any process, and found again after a crash."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from counterpitch.llm import batch
from counterpitch.llm.answers import Unanswered
from counterpitch.llm.client import Client
from counterpitch.llm.prices import Price
from counterpitch.llm.standin import completion
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.llm.conftest import Start, echo
from tests.llm.test_client import Word, ledger, questions, words


class Provider:
    """A batch service on paper: it works when told to, and counts what it was handed."""

    def __init__(self) -> None:
        self.batches: dict[str, list[dict[str, Any]]] = {}
        self.done = False
        self.dies = False
        self.fault: str | None = None

    def submit(self, tag: str, requests: Sequence[dict[str, Any]]) -> str:
        self.batches[tag] = [dict(request) for request in requests]
        if self.dies:
            raise KeyboardInterrupt
        return f"batch_{tag}"

    def find(self, tag: str) -> str | None:
        return f"batch_{tag}" if tag in self.batches else None

    def results(self, batch_id: str) -> dict[str, dict[str, Any]] | None:
        if not self.done:
            return None
        asked = self.batches[batch_id.removeprefix("batch_")]
        return {r["custom_id"]: completion(r["body"], echo(r["body"]), self.fault) for r in asked}


@pytest.fixture
def client(start: Start) -> Client:
    _, client = start()
    client.price = Price(Decimal(1), Decimal(1))
    return client


def test_a_batch_is_collected_into_the_cache_at_half_price(client: Client, conn: Connection) -> None:
    provider = Provider()
    assert batch.submit(client, questions(3), provider) == {"submitted": 3, "known": 0, "left": 0}
    assert batch.collect(client, Word, provider) == {"settled": 0, "answers": 0, "open": 1, "lost": 0}
    provider.done = True
    assert batch.collect(client, Word, provider) == {"settled": 1, "answers": 3, "open": 0, "lost": 0}
    books = ledger(conn)
    assert books["cost"] * 1_000_000 * 2 == books["prompt"] + books["completion"]
    assert words(client.ask(questions(3))) == ["0", "1", "2"]
    assert ledger(conn)["calls"] == 3, "all from the cache"
    assert batch.submit(client, questions(3), provider)["known"] == 3


def test_what_a_batch_works_on_is_not_submitted_again(client: Client) -> None:
    provider = Provider()
    batch.submit(client, questions(3), provider)
    assert batch.submit(client, questions(4), provider) == {"submitted": 1, "known": 0, "left": 3}
    assert len(provider.batches) == 2


def test_a_submitter_that_dies_after_handing_in_is_found_again(client: Client, conn: Connection) -> None:
    provider = Provider()
    provider.dies = True
    with pytest.raises(KeyboardInterrupt):
        batch.submit(client, questions(3), provider)
    provider.dies, provider.done = False, True
    assert batch.submit(client, questions(3), provider)["submitted"] == 0
    assert batch.collect(client, Word, provider)["answers"] == 3
    assert len(provider.batches) == 1
    assert query.scalar(conn, "select count(*) from llm.claim") == 0


def test_one_that_never_arrived_is_given_up_and_its_questions_are_free(client: Client, conn: Connection) -> None:
    provider = Provider()
    provider.dies = True
    with pytest.raises(KeyboardInterrupt):
        batch.submit(client, questions(2), provider)
    provider.batches.clear()
    assert batch.collect(client, Word, provider)["lost"] == 1
    assert query.scalar(conn, "select count(*) from llm.reservation") == 0
    provider.dies = False
    assert batch.submit(client, questions(2), provider)["submitted"] == 2


def test_collected_twice_is_entered_once(client: Client, conn: Connection) -> None:
    provider = Provider()
    provider.done = True
    batch.submit(client, questions(2), provider)
    batch.collect(client, Word, provider)
    before = ledger(conn)
    assert batch.collect(client, Word, provider)["settled"] == 0
    assert ledger(conn) == before


@pytest.mark.parametrize(("fault", "outcome"), [("refusal", "refused"), ("truncated", "truncated")])
def test_useless_answers_of_a_batch_are_told_apart(client: Client, conn: Connection, fault: str, outcome: str) -> None:
    provider = Provider()
    provider.done, provider.fault = True, fault
    batch.submit(client, questions(1), provider)
    assert batch.collect(client, Word, provider)["answers"] == 0
    assert query.scalar(conn, "select outcome from ops.llm_failure") == outcome


def test_a_batch_keeps_to_the_budget(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from counterpitch.settings import settings

    monkeypatch.setenv("COUNTERPITCH_LLM_DAILY_BUDGET", str(client.most(questions(1)[0]) * Decimal("1.6")))
    settings.cache_clear()
    assert batch.submit(client, questions(10), Provider()) == {"submitted": 3, "known": 0, "left": 7}
    (answer,) = client.ask([questions(11)[10]])
    assert isinstance(answer, Unanswered), "what a batch may cost is set aside for everybody"


def test_the_openai_service_speaks_the_batch_wire() -> None:
    said: dict[str, Any] = {}

    class Files:
        def create(self, file: Any, purpose: str) -> Any:
            assert purpose == "batch"
            said["lines"] = [json.loads(line) for line in file[1].read().decode().splitlines()]
            return type("File", (), {"id": "file_1"})

        def content(self, _id: str) -> Any:
            row = {"custom_id": "k", "response": {"status_code": 200, "body": {"choices": []}}}
            lost = {"custom_id": "l", "response": None, "error": {"code": "batch_expired"}}
            return type("Content", (), {"text": json.dumps(row) + "\n" + json.dumps(lost) + "\n"})

    class Batches:
        def create(self, **options: Any) -> Any:
            said.update(options)
            return type("Batch", (), {"id": "batch_1"})

        def list(self, limit: int) -> list[Any]:
            assert limit
            return [type("Batch", (), {"id": "batch_1", "metadata": said["metadata"]})]

        def retrieve(self, _id: str) -> Any:
            return type("Batch", (), {"status": "expired", "output_file_id": "file_2"})

    openai: Any = type("OpenAI", (), {"files": Files(), "batches": Batches()})
    service = batch.OpenAIBatches(openai)
    assert service.submit("tag", [{"custom_id": "k", "body": {"model": "m"}}]) == "batch_1"
    assert said["lines"] == [
        {"custom_id": "k", "body": {"model": "m"}, "method": "POST", "url": "/v1/chat/completions"}
    ]
    assert service.find("tag") == "batch_1"
    assert service.find("other") is None
    assert service.results("batch_1") == {"k": {"choices": []}}
