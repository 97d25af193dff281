"""Half-price answers from a provider's batch service: hand in now, fetch when they are there, in any process.

OpenAI's Batch API (https://platform.openai.com/docs/guides/batch), which other servers speak too: a JSONL file of
requests, worked on within 24 hours. The intent is written before the provider is asked and carries a tag that the
provider keeps, so a process that dies in between finds its batch again by the tag, and nothing is handed in twice.
The client's own retries are off for the same reason. The answers land in the same cache as those of `Client.ask`.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from langchain_core.messages import AIMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from openai import NotFoundError, OpenAI, OpenAIError
from pydantic import BaseModel

from counterpitch.errors import Permanent, Transient
from counterpitch.llm import prices
from counterpitch.llm.answers import Judged, Unanswered, judge
from counterpitch.llm.asking import is_passing
from counterpitch.llm.books import Books, Settled, budget
from counterpitch.llm.client import Client, Question
from counterpitch.llm.keys import unspoken, without_keys
from counterpitch.settings import settings

log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)

DISCOUNT = Decimal("0.5")
_TAG = "counterpitch"
_ENDED = {"completed", "failed", "expired", "cancelled"}
_CUSTOM_ID = re.compile(r'"custom_id"\s*:\s*"([^"\\]+)"')
_BAD_LINE = (LookupError, TypeError, ValueError, AttributeError, RecursionError)  # what odd JSON makes of our reading
_WAITING = "the provider's batch service works on it at half price; the answer is due within a day"


class BatchRefused(Permanent):
    """The provider takes no such batch; trying again would not help."""


class BatchUnreachable(Transient):
    """The batch service does not answer now. What was handed in is not lost: the next look finds it by its tag."""


@dataclass(frozen=True)
class Ended:
    """A batch that ended: how, custom_id -> the completion or why there is none, and what it is billed for.

    billed: prompt and completion tokens of the whole batch, None where the provider does not say. gone: there were
    answers, and they are not there any more.
    """

    how: str
    said: Mapping[str, dict[str, Any] | str] = field(default_factory=dict)
    billed: tuple[int, int] | None = None
    gone: bool = False


class BatchService(Protocol):
    """What a provider's batch service must do."""

    def submit(self, tag: str, requests: Sequence[dict[str, Any]]) -> str:
        """Hand in {"custom_id", "body"} requests under a tag; returns the batch's id."""

    def find(self, tag: str) -> str | None:
        """The id of the batch with this tag, if it was ever handed in."""

    def results(self, batch_id: str) -> Ended | None:
        """None while it is worked on; then what it came to.

        Raises openai.NotFoundError, as `find` may, where the service does not have it any more.
        """


def service_of(client: Client) -> BatchService | None:
    """The batch service of the client's provider where COUNTERPITCH_LLM_BATCH is on, else None.

    Raises BatchRefused for a provider whose batches are not spoken here.
    """
    if not settings().llm_batch:
        return None
    if not client.model.startswith("openai:"):
        raise BatchRefused(
            f"COUNTERPITCH_LLM_BATCH is on, but {client.model} has no batch service that is known here: only "
            '"openai:..." models and OpenAI-compatible addresses have. Switch it off, or choose another model.'
        )
    return _openai(client)


def _openai(client: Client) -> OpenAIBatches:
    key = os.environ.get("OPENAI_API_KEY") or ("none" if client.base_url else None)
    return OpenAIBatches(OpenAI(base_url=client.base_url, api_key=key, max_retries=0, timeout=client.limits.seconds))


class OpenAIBatches:
    """OpenAI's Batch API, or a server that speaks it."""

    def __init__(self, client: OpenAI) -> None:
        self._client = client

    @unspoken()
    def submit(self, tag: str, requests: Sequence[dict[str, Any]]) -> str:
        """Upload the requests and start the batch."""
        same = {"method": "POST", "url": "/v1/chat/completions"}
        lines = "".join(json.dumps({**request, **same}, ensure_ascii=False) + "\n" for request in requests)
        file = self._client.files.create(file=("requests.jsonl", io.BytesIO(lines.encode())), purpose="batch")
        batch = self._client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={_TAG: tag}
        )
        return batch.id

    @unspoken()
    def find(self, tag: str) -> str | None:
        """Look through the account's batches, newest first."""
        for batch in self._client.batches.list(limit=100):
            if (batch.metadata or {}).get(_TAG) == tag:
                return batch.id
        return None

    @unspoken()
    def results(self, batch_id: str) -> Ended | None:
        """The answers of a batch that ended; one that failed or expired has those it came to."""
        batch = self._client.batches.retrieve(batch_id)
        if batch.status not in _ENDED:
            return None
        told = "; ".join(str(error.message) for error in (batch.errors.data or [])) if batch.errors else ""
        told = without_keys(told)
        found: dict[str, dict[str, Any] | str] = {}
        gone = False
        for file_id in filter(None, (batch.error_file_id, batch.output_file_id)):
            try:
                found |= dict(_lines(without_keys(self._client.files.content(file_id).text)))
            except NotFoundError:
                gone = gone or file_id == batch.output_file_id  # what went wrong is not billed
        billed = _count(getattr(batch.usage, "input_tokens", 0)), _count(getattr(batch.usage, "output_tokens", 0))
        told = told or ("its results are not there any more" if gone else "")
        return Ended(f"{batch.status}{f' ({told})' if told else ''}", found, billed if any(billed) else None, gone)


def exchange(client: Client, questions: Sequence[Question[M]], service: BatchService) -> list[M | Unanswered]:
    """Fetch what ended, hand in what is new; each question's answer in order, or why there is none yet.

    Unanswered says `waiting` while a batch works on the question, and else what `Client.ask` says. A question whose
    batch brought no answer is not handed in again by the same run. One process at a time does this for a model.
    A service that does not answer while one of its batches works on these questions is waited for too.
    Raises BatchUnreachable or BatchRefused; what was paid for before is kept.
    """
    asked = {client.key(question): question for question in questions}
    books = Books(client.model, client.run, budget())
    try:
        with books.alone():
            for schema in {question.schema for question in questions}:
                _fetch(books, client, schema, service)
            found = _hand_in(books, client, asked, service)
    except OpenAIError as error:
        trouble = _trouble(error, client.model)
        found = _postponed(books, list(asked), trouble)
        if not found:
            raise trouble from error
    finally:
        books.close()
    return [_shaped(found[client.key(question)], question.schema) for question in questions]


def fetch_open(models: Sequence[str], schema: type[BaseModel], run: str) -> None:
    """Settle what ended of these models' batches, whatever settings say today: it was handed in, so it is paid for.

    For batches whose model, or batches at all, were switched off since. Trouble is logged and left to the next look;
    until then their questions stay held.
    """
    for model in models:
        try:
            client = Client(run, model=model)
            service = _openai(client)
            books = Books(model, run, budget())
            try:
                with books.alone():
                    _fetch(books, client, schema, service)
            finally:
                books.close()
        except (OpenAIError, prices.UnknownPrice) as error:
            log.warning("The open batches of %s were not looked at: %s", model, error)


def _postponed(
    books: Books, keys: Sequence[str], trouble: BatchRefused | BatchUnreachable
) -> dict[str, dict[str, Any] | Unanswered]:
    """What is known, and `waiting` for the rest, where passing trouble met a batch that works on it; else nothing.

    A day's wait meets more passing troubles than a task has retries, and none of them ends what was handed in.
    """
    if not isinstance(trouble, BatchUnreachable):
        return {}
    found = books.known(keys)
    rest = [key for key in keys if key not in found]
    if rest and not books.in_batch(rest):
        return {}
    log.warning("%s It is asked again at the next look.", trouble)
    return found | {key: Unanswered("waiting", f"{_WAITING} ({trouble})") for key in rest}


def _hand_in(
    books: Books, client: Client, asked: Mapping[str, Question[Any]], service: BatchService
) -> dict[str, dict[str, Any] | Unanswered]:
    """Hand in what is neither answered, claimed nor beyond the budget.

    The highest cost at half price is set aside until the batch ends.
    """
    found: dict[str, dict[str, Any] | Unanswered] = {**books.failed_in_run(list(asked))}
    wanted = {key: question for key, question in asked.items() if key not in found}
    prepared = books.prepare([(key, client.most(question) * DISCOUNT) for key, question in wanted.items()])
    found |= prepared.answers
    found |= prepared.failed
    found |= {key: Unanswered("budget", prepared.refusal) for key in prepared.unpaid}
    if prepared.ours:
        tag = secrets.token_hex(16)
        batch = books.open_batch(tag, prepared.ours)
        requests = [{"custom_id": key, "body": _body(client, asked[key])} for key in prepared.ours]
        try:
            books.note_batch(tag, service.submit(tag, requests))
        except OpenAIError as error:
            if not is_passing(error):  # turned down, so it never began: its questions are free at once
                books.settle_batch(batch, None, [])
            raise
    waiting = (*prepared.ours, *prepared.in_batch, *prepared.elsewhere)
    return found | {key: Unanswered("waiting", _WAITING) for key in waiting}


def _fetch(books: Books, client: Client, schema: type[BaseModel], service: BatchService) -> None:
    """Settle the model's batches that ended.

    One that the provider does not know when it must have arrived is given up: its keys are free. One that had
    arrived was paid for, so what was set aside for it is spent.
    """
    for batch in books.open_batches():
        try:
            batch_id = batch["batch_id"] or service.find(batch["tag"])
            ended = service.results(batch_id) if batch_id else None
        except NotFoundError:
            batch_id = ended = None
        if ended:
            calls = list(_settled(batch["keys"], ended, client, schema))
            unread = [call.key for call in calls if call.key not in ended.said] if ended.gone else []
            if ended.billed:
                calls += _unexplained(batch["tag"], ended.billed, calls, client)
            books.settle_batch(batch, batch_id, calls, spent=[] if ended.billed else unread)
        elif batch_id:
            books.note_batch(batch["tag"], batch_id)
        elif batch["overdue"]:
            _give_up(books, batch)


def _give_up(books: Books, batch: Mapping[str, Any]) -> None:
    known = batch["batch_id"]
    why = f"the provider does not know batch {known or batch['tag']} any more: given up"
    cost = "what was set aside for it is booked as spent" if known else "it never arrived, so nothing is booked"
    log.warning("%s; %s", why, cost)
    lost = [Settled(key, "unreachable", f"{why}; {cost}", None, 0, 0, Decimal(0)) for key in batch["keys"]]
    books.settle_batch(batch, None, lost if known else [], spent=batch["keys"] if known else [])


def _unexplained(tag: str, billed: tuple[int, int], calls: Sequence[Settled], client: Client) -> list[Settled]:
    """What the provider bills beyond the tokens that its lines name, as one entry under the batch's tag."""
    asked = max(billed[0] - sum(call.prompt_tokens for call in calls), 0)
    answered = max(billed[1] - sum(call.completion_tokens for call in calls), 0)
    if not asked + answered:
        return []
    why = f"the batch is billed for {asked} prompt and {answered} completion tokens that no line of it names"
    cost = client.price.cost(asked, answered) * DISCOUNT
    return [Settled(tag, "unreachable", why, None, asked, answered, cost)]


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


def _lines(text: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """(custom_id, what `_said` says) of each line of a result file; an empty completion for one that cannot be read.

    Only a newline ends a line: JSON may hold the other characters at which str.splitlines would cut.
    """
    for line in filter(str.strip, text.split("\n")):
        try:
            row = json.loads(line)
            yield str(row["custom_id"]), _said(row)
        except _BAD_LINE:
            if named := _CUSTOM_ID.search(line):
                yield named[1], {}


def _said(row: Mapping[str, Any]) -> dict[str, Any] | str:
    """The completion of a result line, or why there is none."""
    response = row.get("response") or {}
    if response.get("status_code") == 200:
        return dict(response["body"])
    error = row.get("error") or (response.get("body") or {}).get("error") or {}
    return str(error.get("message") or error.get("code") or f"status {response.get('status_code')}")


def _settled(keys: Sequence[str], ended: Ended, client: Client, schema: type[BaseModel]) -> Iterator[Settled]:
    for key in keys:
        said = ended.said.get(key, f"the batch ended {ended.how} before it came to this question")
        if isinstance(said, str):
            yield Settled(key, "unreachable", f"no answer in the batch: {said}"[:300], None, 0, 0, Decimal(0))
            continue
        judged = _judged(said, schema)
        cost = client.price.cost(judged.prompt_tokens, judged.completion_tokens) * DISCOUNT
        yield Settled.of(key, judged, cost)


def _judged(completion: dict[str, Any], schema: type[M]) -> Judged[M]:
    """What `judge` says; a completion of no known shape is unparsable, and its tokens are paid for all the same."""
    try:
        return judge(_message(completion), schema)
    except _BAD_LINE as error:
        said = f"the batch's line is no completion ({type(error).__name__}: {error})"[:300]
        return Judged(Unanswered("unparsable", said), *_tokens(completion))


def _tokens(completion: dict[str, Any]) -> tuple[int, int]:
    """Tokens asked and answered; 0 where the completion does not say a number."""
    usage = completion.get("usage")
    told = usage if isinstance(usage, dict) else {}
    return _count(told.get("prompt_tokens")), _count(told.get("completion_tokens"))


def _count(told: Any) -> int:
    """A number of tokens, whatever a server that speaks the protocol loosely says: 0 where it is none."""
    return max(told, 0) if isinstance(told, int) else 0


def _message(completion: dict[str, Any]) -> AIMessage:
    """A chat completion as the message that a call would have given."""
    choice = completion["choices"][0]
    said, (asked, answered) = choice["message"], _tokens(completion)
    calls = [call["function"] for call in said.get("tool_calls") or []]
    spoken = [str(said.get("content") or ""), *(str(call["arguments"]) for call in calls)]
    return AIMessage(
        content="\n".join(spoken),
        response_metadata={"finish_reason": choice.get("finish_reason")},
        additional_kwargs={"refusal": said["refusal"]} if said.get("refusal") else {},
        usage_metadata={"input_tokens": asked, "output_tokens": answered, "total_tokens": asked + answered},
    )


def _trouble(error: OpenAIError, model: str) -> BatchRefused | BatchUnreachable:
    said = f"{type(error).__name__}: {error}"[:300]
    if is_passing(error):
        return BatchUnreachable(f"The batch service of {model} does not answer now: {said}")
    return BatchRefused(
        f"The batch service of {model} turned the request down. Check COUNTERPITCH_LLM, COUNTERPITCH_LLM_BASE_URL and "
        f"the provider's API key, or switch COUNTERPITCH_LLM_BATCH off. It said: {said}"
    )


def _shaped(found: dict[str, Any] | Unanswered, schema: type[M]) -> M | Unanswered:
    return found if isinstance(found, Unanswered) else schema.model_validate(found)
