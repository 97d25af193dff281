"""The work of one `Client.ask`: a feeder that prepares, callers that call, a writer that settles.

Questions move in order through small batches, so that memory stays flat and the books are opened seldom; each
finished call is settled as soon as the writer is free, and its caller waits for that. However the work ends, what
is in hand comes to its end and is kept first; when a process dies, just that is lost. A keeper renews the claims.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import stamina
from langchain_core.messages import AIMessage

from counterpitch.errors import Permanent
from counterpitch.llm.answers import Judged, Unanswered, judge
from counterpitch.llm.books import PATIENCE, Books, Prepared, Settled
from counterpitch.llm.line import Closed, Line

if TYPE_CHECKING:
    from counterpitch.llm.client import Client, Question

T = TypeVar("T")

_BATCH = 64
_LOOK_AGAIN = 0.5  # seconds between looks at a key that another process pays for
_IN_BATCH = "a batch that was handed in works on it; the reading after it ended fetches it"
_TRANSIENT = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_FILTERED = ("content_filter", "content_policy", "content management policy")


class ModelRejected(Permanent):
    """The provider turned the request itself down; trying again would not help."""


class Asking:
    """Answers many questions of one client. Made anew for each ask."""

    def __init__(self, books: Books, client: Client, questions: dict[str, Question[Any]]) -> None:
        self._books, self._client, self._questions = books, client, questions
        self._found: dict[str, dict[str, Any] | Unanswered] = {}
        self._to_call: asyncio.Queue[str] = asyncio.Queue(maxsize=2 * client.limits.at_once)
        self._done: asyncio.Queue[tuple[Settled, asyncio.Event]] = asyncio.Queue()
        self._turn = asyncio.Lock()  # the books are one connection
        at_once = client.limits.at_once
        self._callers = at_once * 5 // 4  # while one prepares, reads or waits for the writer another may call
        self._line = Line(at_once)
        self._in_hand: set[str] = set()  # a request is out, or its answer is not kept yet
        self._open = 0  # claimed by us and not settled yet
        self._settled = asyncio.Event()
        self._rejected: ModelRejected | None = None

    async def run(self) -> dict[str, dict[str, Any] | Unanswered]:
        """Every question's answer or the want of one. Raises ModelRejected once all that was paid for is kept."""
        writer = asyncio.create_task(self._writer())
        tasks = [writer, asyncio.create_task(self._keeper())]
        tasks += [asyncio.create_task(self._caller()) for _ in range(self._callers)]
        feeder = asyncio.create_task(self._feed())
        try:
            await asyncio.wait([feeder, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:  # none but the feeder ends by itself: one of them broke
                if task.done():
                    task.result()
            await feeder
        finally:
            self._line.close()
            feeder.cancel()
            try:
                await self._keep_the_rest(writer)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait([feeder, *tasks])  # one that is at the books lets go of them first
        if self._rejected:
            raise self._rejected
        return self._found

    async def _feed(self) -> None:
        waiting = list(self._questions)
        patience = PATIENCE / _LOOK_AGAIN
        while waiting and not self._rejected:
            elsewhere: list[str] = []
            for i in range(0, len(waiting), _BATCH):
                elsewhere += await self._batch(waiting[i : i + _BATCH])
            waiting, patience = elsewhere, patience - 1
            if waiting and patience < 0:
                self._found |= {key: Unanswered("claimed", "another run is paying for it") for key in waiting}
                break
            if waiting:
                await asyncio.sleep(_LOOK_AGAIN)
        while self._open and not self._rejected:
            await self._next_settled()

    async def _batch(self, keys: Sequence[str]) -> list[str]:
        """Prepare these keys and hand out ours; returns those that another process is paying for."""
        elsewhere: list[str] = []
        while keys and not self._rejected:
            asked = [(key, self._client.most(self._questions[key])) for key in keys]
            prepared: Prepared = await self._at_books(self._books.prepare, asked)
            self._found |= prepared.answers
            self._found |= prepared.failed
            self._found |= {key: Unanswered("claimed", _IN_BATCH) for key in prepared.in_batch}
            elsewhere += prepared.elsewhere
            self._open += len(prepared.ours)
            for key in prepared.ours:
                await self._to_call.put(key)
            keys = prepared.unpaid
            if keys and not self._open:
                self._found |= {key: Unanswered("budget", prepared.refusal) for key in keys}
                break
            if keys:  # calls in flight cost less than was set aside for them: see what they leave
                await self._next_settled()
        return elsewhere

    async def _next_settled(self) -> None:
        self._settled.clear()
        await self._settled.wait()

    async def _caller(self) -> None:
        while True:
            key = await self._to_call.get()
            try:
                finished = await self._finish(key)
            except Closed:
                continue
            except ModelRejected as rejected:
                self._rejected = self._rejected or rejected
                self._line.close()
                self._drop(key)
                continue
            self._in_hand.add(key)
            written = asyncio.Event()
            self._done.put_nowait((finished, written))
            await written.wait()  # a caller calls again only when its answer is kept: little is lost in a crash

    async def _finish(self, key: str) -> Settled:
        question = self._questions[key]
        try:
            judged = await self._call(key, question)
        except (ModelRejected, Closed):
            raise
        except Exception as error:
            judged = _troubled(error, self._client.model)
        return Settled.of(key, judged, self._client.price.cost(judged.prompt_tokens, judged.completion_tokens))

    async def _call(self, key: str, question: Question[Any]) -> Judged[Any]:
        limits = self._client.limits
        tries = stamina.retry_context(
            on=is_passing, attempts=limits.tries, timeout=PATIENCE / 2, wait_initial=0.5, wait_max=30.0, wait_jitter=0.5
        )
        async for attempt in tries:
            with attempt:
                return judge(await self._try(key, question), question.schema)
        raise AssertionError("retry_context either returns or raises")

    async def _try(self, key: str, question: Question[Any]) -> AIMessage:
        if self._line.closed:
            raise Closed
        self._in_hand.add(key)
        try:
            return await self._client.call(question, self._line)
        except BaseException:
            self._drop(key)
            raise

    def _drop(self, key: str) -> None:
        """Nothing of this key is in hand any more."""
        self._in_hand.discard(key)
        self._settled.set()

    async def _keeper(self) -> None:
        """Renew the claims in time: a key may wait in line for longer than a claim lasts."""
        while True:
            await asyncio.sleep(PATIENCE / 3)
            await self._at_books(self._books.renew)

    async def _writer(self) -> None:
        while True:
            calls = [await self._done.get()]
            while not self._done.empty() and len(calls) < _BATCH:
                calls.append(self._done.get_nowait())
            await self._write(calls)

    async def _write(self, done: list[tuple[Settled, asyncio.Event]]) -> None:
        calls = [call for call, _ in done]
        await self._at_books(self._books.settle, calls)
        for call in calls:
            failed = Unanswered(call.outcome, call.detail)
            self._found[call.key] = failed if call.answer is None else call.answer
        for _, written in done:
            written.set()
        self._in_hand -= {call.key for call in calls}
        self._open -= len(calls)
        self._settled.set()

    async def _keep_the_rest(self, writer: asyncio.Task[None]) -> None:
        """Until requests that are out have ended and their answers are kept; other claims go with the books."""
        while self._in_hand and not writer.done():
            self._settled.clear()
            settled = asyncio.create_task(self._settled.wait())
            await asyncio.wait([settled, writer], return_when=asyncio.FIRST_COMPLETED)
            settled.cancel()

    async def _at_books(self, work: Callable[..., T], *args: Any) -> T:
        """`work` in a thread, alone. No cancellation ends a thread: it is waited for, as the books are closed next."""
        async with self._turn:
            thread = asyncio.ensure_future(asyncio.to_thread(work, *args))
            try:
                return await asyncio.shield(thread)
            except asyncio.CancelledError:
                await asyncio.wait([thread])
                raise


def is_passing(error: Exception) -> bool | timedelta:
    """Whether trying again may help, and after how long where the server said so."""
    if isinstance(error, TimeoutError | ConnectionError):
        return True
    status = getattr(error, "status_code", None)
    if status is None:
        return any(name in type(error).__name__ for name in ("Timeout", "Connect"))
    if status not in _TRANSIENT or getattr(error, "code", None) == "insufficient_quota":
        return False
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        return timedelta(seconds=min(float(headers["retry-after"]), 120.0))
    except (KeyError, ValueError):
        return True


def _troubled(error: Exception, model: str) -> Judged[Any]:
    """A call that failed for good: filtered, unreachable for now, or (raised) rejected."""
    said = f"{type(error).__name__}: {error}"[:300]
    if any(sign in said for sign in _FILTERED):
        return Judged(Unanswered("filtered", said), 0, 0)
    if is_passing(error):
        return Judged(Unanswered("unreachable", said), 0, 0)
    raise ModelRejected(
        f"{model} turned the request down, so nothing more was asked. Check COUNTERPITCH_LLM, "
        f"COUNTERPITCH_LLM_BASE_URL and the provider's API key. It said: {said}"
    ) from error
