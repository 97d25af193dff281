"""Half-price answers from a provider's batch service: submit now, collect when they are there, in any process.

OpenAI's Batch API (https://platform.openai.com/docs/guides/batch): a JSONL file of requests, worked on within
24 hours. The intent is written before the provider is asked and carries a tag that the provider keeps, so a
submitter that dies in between is found again by its tag, and nothing is submitted twice. The answers land in
the same cache: a later `Client.ask` finds them there.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Protocol

from langchain_core.messages import AIMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from openai import OpenAI

from counterpitch.llm.answers import Unanswered, judge
from counterpitch.llm.books import Books, Settled, budget
from counterpitch.llm.client import Client, Question

DISCOUNT = Decimal("0.5")
_TAG = "counterpitch"
_ENDED = {"completed", "failed", "expired", "cancelled"}


class BatchService(Protocol):
    """What a provider's batch service must do."""

    def submit(self, tag: str, requests: Sequence[dict[str, Any]]) -> str:
        """Hand in {"custom_id", "body"} requests under a tag; returns the batch's id."""

    def find(self, tag: str) -> str | None:
        """The id of the batch with this tag, if it was ever handed in."""

    def results(self, batch_id: str) -> dict[str, dict[str, Any]] | None:
        """None while it is worked on; then custom_id -> the completion, for those that got one."""


class OpenAIBatches:
    """OpenAI's Batch API, or a server that speaks it."""

    def __init__(self, client: OpenAI) -> None:
        self._client = client

    def submit(self, tag: str, requests: Sequence[dict[str, Any]]) -> str:
        """Upload the requests and start the batch."""
        same = {"method": "POST", "url": "/v1/chat/completions"}
        lines = "".join(json.dumps({**request, **same}, ensure_ascii=False) + "\n" for request in requests)
        file = self._client.files.create(file=("requests.jsonl", io.BytesIO(lines.encode())), purpose="batch")
        batch = self._client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={_TAG: tag}
        )
        return batch.id

    def find(self, tag: str) -> str | None:
        """Look through the account's batches, newest first."""
        for batch in self._client.batches.list(limit=100):
            if (batch.metadata or {}).get(_TAG) == tag:
                return batch.id
        return None

    def results(self, batch_id: str) -> dict[str, dict[str, Any]] | None:
        """The answers of a batch that ended; one that failed or expired has those it came to."""
        batch = self._client.batches.retrieve(batch_id)
        if batch.status not in _ENDED:
            return None
        if not batch.output_file_id:
            return {}
        lines = self._client.files.content(batch.output_file_id).text.splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
        return {
            r["custom_id"]: r["response"]["body"] for r in rows if (r.get("response") or {}).get("status_code") == 200
        }


def submit(client: Client, questions: Sequence[Question[Any]], service: BatchService) -> dict[str, int]:
    """Hand in what is neither answered, claimed nor beyond the budget; {"submitted", "known", "left"}.

    The highest cost at half price is set aside until the batch ends.
    """
    asked = {client.key(question): question for question in questions}
    books = Books(client.model, client.run, budget())
    try:
        prepared = books.prepare([(key, client.most(question) * DISCOUNT) for key, question in asked.items()])
        if prepared.ours:
            tag = secrets.token_hex(16)
            books.open_batch(tag, prepared.ours)
            requests = [{"custom_id": key, "body": _body(client, asked[key])} for key in prepared.ours]
            books.note_batch(tag, service.submit(tag, requests), "open")
    finally:
        books.close()
    known = len(prepared.answers) + len(prepared.failed)
    return {"submitted": len(prepared.ours), "known": known, "left": len(asked) - len(prepared.ours) - known}


def collect(client: Client, schema: Any, service: BatchService) -> dict[str, int]:
    """Settle the model's batches that ended; {"settled", "answers", "open", "lost"}.

    A batch that was noted but never reached the provider is given up, and its questions are free again.
    """
    told = {"settled": 0, "answers": 0, "open": 0, "lost": 0}
    books = Books(client.model, client.run, budget())
    try:
        for batch in books.open_batches():
            batch_id = batch["batch_id"] or service.find(batch["tag"])
            found = service.results(batch_id) if batch_id else None
            if batch_id and found is None:
                books.note_batch(batch["tag"], batch_id, "open")
                told["open"] += 1
                continue
            calls = list(_settled(batch["keys"], found or {}, client, schema))
            books.settle_batch(batch, batch_id, calls)
            told["settled" if batch_id else "lost"] += 1
            told["answers"] += sum(call.answer is not None for call in calls)
    finally:
        books.close()
    return told


def _body(client: Client, question: Question[Any]) -> dict[str, Any]:
    tool = convert_to_openai_tool(question.schema)
    return {
        "model": client.model.split(":", 1)[1],
        "messages": [
            {"role": "system", "content": question.instructions},
            {"role": "user", "content": question.input},
        ],
        "max_completion_tokens": client.limits.answer_tokens,
        "tools": [tool],
        "tool_choice": {"type": "function", "function": {"name": tool["function"]["name"]}},
    }


def _settled(keys: Sequence[str], found: dict[str, dict[str, Any]], client: Client, schema: Any) -> Iterator[Settled]:
    for key in keys:
        if key not in found:
            continue
        judged = judge(_message(found[key]), schema)
        said = judged.result
        cost = client.price.cost(judged.prompt_tokens, judged.completion_tokens) * DISCOUNT
        yield Settled(
            key,
            judged.outcome,
            said.detail if isinstance(said, Unanswered) else "",
            None if isinstance(said, Unanswered) else said.model_dump(mode="json"),
            judged.prompt_tokens,
            judged.completion_tokens,
            cost,
        )


def _message(completion: dict[str, Any]) -> AIMessage:
    """A chat completion as the message that a call would have given."""
    choice = completion["choices"][0]
    said, usage = choice["message"], completion.get("usage") or {}
    calls = [call["function"] for call in said.get("tool_calls") or []]
    spoken = [str(said.get("content") or ""), *(str(call["arguments"]) for call in calls)]
    return AIMessage(
        content="\n".join(spoken),
        response_metadata={"finish_reason": choice.get("finish_reason")},
        additional_kwargs={"refusal": said["refusal"]} if said.get("refusal") else {},
        usage_metadata={
            "input_tokens": usage.get("prompt_tokens", 0),
            "output_tokens": usage.get("completion_tokens", 0),
            "total_tokens": usage.get("total_tokens", 0),
        },
    )
