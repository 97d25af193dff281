"""Ask a model many questions: cache, claim, budget, call, and one transaction for what came back.

LangChain's own retries are off and there is one layer of ours, which waits as long as a server asks it to. The
cache key holds all that changes an answer (model, prompt, schema, sampling, input) and nothing else, so the
same ad on another day, of another brand or in another market costs nothing.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import os
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Generic, TypeVar

from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from counterpitch.errors import Permanent
from counterpitch.llm import asking, line, prices
from counterpitch.llm.answers import Unanswered
from counterpitch.llm.books import Books, budget
from counterpitch.llm.keys import unspoken
from counterpitch.settings import settings

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


class NoModel(Permanent):
    """No model is configured; the message says how to name one."""


@dataclass(frozen=True)
class Question(Generic[M]):
    """What is asked: instructions that many questions share, the one input, and the shape of the answer."""

    instructions: str
    input: str
    schema: type[M]


@dataclass(frozen=True)
class Limits:
    """Bounds of the work: requests out at once, seconds a request, tries at passing troubles, tokens an answer."""

    at_once: int = 32
    seconds: float = 90.0
    tries: int = 6
    answer_tokens: int = 4000


class Client:
    """A model and a purse. `run` is what the run budget counts by."""

    def __init__(
        self, run: str, *, model: str | None = None, base_url: str | None = None, limits: Limits | None = None
    ) -> None:
        """Raises NoModel where no model is named, prices.UnknownPrice where its price is not known."""
        chosen = model or settings().llm
        if not chosen:
            raise NoModel('No model is configured. Set COUNTERPITCH_LLM, e.g. "openai:gpt-5-mini".')
        self.model, self.run = chosen, run
        self.base_url = base_url or settings().llm_base_url
        self.limits = limits or Limits()
        self.price = prices.of(chosen, self.base_url)

    def ask(self, questions: Sequence[Question[M]]) -> list[M | Unanswered]:
        """The answer to each question in order, or why there is none yet.

        Raises asking.ModelRejected where the provider turns the request itself down (a bad token, an unknown
        model): answers that were paid for before are kept.
        """
        keys = [self.key(question) for question in questions]
        unique = dict(zip(keys, questions, strict=True))
        found = on_loop(self._ask(unique))
        return [_shaped(found[key], question.schema) for key, question in zip(keys, questions, strict=True)]

    def key(self, question: Question[Any]) -> str:
        """The cache key: a hash of all that changes the answer."""
        holds = {
            "answer_tokens": str(self.limits.answer_tokens),
            "input": _quoted(question.input),
            "instructions": _shared(question.instructions),
            "model": _shared(self.model),
            "schema": _shared(_schema_text(question.schema)),
        }
        told = ", ".join(f'"{name}": {value}' for name, value in holds.items())
        return hashlib.sha256(f"{{{told}}}".encode()).hexdigest()

    def most(self, question: Question[Any]) -> Decimal:
        """The highest cost that the question can have: a token is taken as two bytes, the answer as the longest."""
        asked = question.instructions, question.input, _schema_text(question.schema)
        return self.price.cost(sum(len(text.encode()) for text in asked) // 2 + 100, self.limits.answer_tokens)

    async def _ask(self, questions: dict[str, Question[Any]]) -> dict[str, dict[str, Any] | Unanswered]:
        books = await asyncio.to_thread(Books, self.model, self.run, budget())
        try:
            return await asking.Asking(books, self, questions).run()
        finally:
            await asyncio.to_thread(books.close)

    async def call(self, question: Question[Any], turns: line.Line) -> AIMessage:
        """One call in its turn, without retries.

        Raises what the provider's client raises, TimeoutError when the request takes too long, line.Closed when its
        turn came too late.
        """
        schema: Any = question.schema
        tools = _model(self.model, self.base_url, self.limits, schema)
        said = [("system", question.instructions), ("human", question.input)]
        # The whole answer must be here in time: a stream that dribbles would pass any time-out between bytes.
        with unspoken():
            if _connected(self.model):
                line.now.set(turns)  # the HTTP client keeps to both
                answer = await tools.ainvoke(said)
            else:
                async with turns, asyncio.timeout(self.limits.seconds):
                    answer = await tools.ainvoke(said)
        assert isinstance(answer, AIMessage)  # noqa: S101 what a chat model's ainvoke returns
        return answer


def on_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the process's own event loop and wait for it.

    Providers' clients keep connections that belong to the loop they were opened on, and LangChain keeps the
    clients; a new loop for each call would find them closed. Where the waiting is interrupted (Ctrl-C, a task's
    time-out) the work is cancelled, and what it does about that is waited for; a second interruption ends the wait.
    """
    ended: Future[T] = Future()
    loop = _loop(os.getpid())
    running = asyncio.run_coroutine_threadsafe(_told(work, ended), loop)
    try:
        return ended.result()
    except BaseException:
        if not ended.done():  # it is this thread that was interrupted
            loop.call_soon_threadsafe(running.cancel)  # in its turn, when the work has begun
            wait([ended])
        raise


async def _told(work: Coroutine[Any, Any, T], ended: Future[T]) -> None:
    try:
        ended.set_result(await work)
    except BaseException as error:
        ended.set_exception(error)
        if not isinstance(error, Exception):
            raise


@cache
def _loop(_process: int) -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # Windows has none
        loop = asyncio.new_event_loop()
    else:
        loop = uvloop.new_event_loop()
    threading.Thread(target=loop.run_forever, name="llm", daemon=True).start()
    return loop


@cache
def _model(name: str, base_url: str | None, limits: Limits, schema: Any) -> Any:
    options: dict[str, Any] = {"max_retries": 0, "timeout": limits.seconds, "max_tokens": limits.answer_tokens}
    if name.startswith("ollama:"):
        options = {"num_predict": limits.answer_tokens}  # its name for it, and it knows no other of these
    if _connected(name):
        from counterpitch.llm.connections import Connections

        options |= {"http_async_client": Connections(limits.at_once, limits.seconds)}
    if base_url:
        options |= {"base_url": base_url}
        if name.startswith("openai:") and not os.environ.get("OPENAI_API_KEY"):
            options["api_key"] = "none"  # a server of one's own asks for none, the client insists on one
    try:
        model = init_chat_model(name, **options)
    except (ImportError, ValueError) as error:
        raise asking.ModelRejected(
            f"{name} cannot be asked ({error}). COUNTERPITCH_LLM needs a name such as "
            '"openai:gpt-5-mini", the provider\'s LangChain package must be installed, and its key set.'
        ) from error
    bound = _spared(model, model.bind_tools([schema], tool_choice="any"))
    gc.freeze()  # the imported libraries stay anyway: walking them at every full collection held up all calls
    return bound


def _connected(name: str) -> bool:
    """Whether connections.Connections carries it: OpenAI's client makes one of its own for OPENAI_PROXY."""
    return name.startswith("openai:") and not os.environ.get("OPENAI_PROXY")


def _spared(model: Any, bound: Any) -> Any:
    """`bound` with its tools as extra_body where it speaks OpenAI's chat completions: the same request, cheaper.

    OpenAI's client walks through all of a request's tools at every call, a fifth of the work of a call; an extra_body
    goes as it is. A model that LangChain sends to the Responses API has its tools written in another way: left alone.
    """
    responses = getattr(model, "_use_responses_api", None)
    if responses is None or responses(dict(bound.kwargs)):
        return bound
    return model.bind(extra_body={part: bound.kwargs[part] for part in ("tools", "tool_choice")})


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@lru_cache(maxsize=64)
def _shared(text: str) -> str:
    """`_quoted` of what many questions share: a long prompt is not escaped once for every ad."""
    return _quoted(text)


def _schema_text(schema: type[BaseModel]) -> str:
    return _schema_texts(schema)


@cache
def _schema_texts(schema: Any) -> str:
    return json.dumps(schema.model_json_schema(), sort_keys=True)


def _shaped(found: dict[str, Any] | Unanswered, schema: type[M]) -> M | Unanswered:
    return found if isinstance(found, Unanswered) else schema.model_validate(found)
