"""A stand-in model server for tests and benchmarks: the chat-completions wire, scripted answers, real faults.

It speaks HTTP on loopback, so that the client under test is the real one. It counts what it would have billed:
a call counts once its answer has been sent whole, which is what a ledger must agree with to the token.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from counterpitch.llm.standin_batches import Batches

Answer = Callable[[dict[str, Any]], dict[str, Any]]
FAULTS = (
    "too_many",
    "server_error",
    "time_out",
    "slow_stream",
    "truncated",
    "wrong_schema",
    "refusal",
    "filtered",
    "prose",
    "invented",
)


@dataclass
class StandIn:
    """The server's script and its books.

    answer: the request's body -> the JSON that the model says. delay: seconds before each answer.
    faults: fault -> share of the calls that meet it, drawn by `seed`; `plan` are the faults of the first calls, among
    which "rejected", which ends an ask, may be too. until: no answer leaves before it says so of the call's fault; it
    makes an order of events certain that a delay only makes likely.
    """

    answer: Answer
    delay: float = 0.0
    faults: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    plan: list[str | None] = field(default_factory=list)
    slow: float = 30.0
    until: Callable[[str | None], bool] = lambda _: True
    calls: int = 0
    together: int = 0
    most_together: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    met: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 a reproducible script of faults
        self.batches = Batches(self.complete)

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """A batch's completion of one request, spoilt by the next content fault of the plan, and billed."""
        self.asked[str(body["messages"][-1]["content"])] += 1
        said = completion(body, self.answer(body), self.draw())
        self.bill(said["usage"])
        return said

    def draw(self) -> str | None:
        """The fault that the next call meets, or None."""
        if self.plan:
            return self.plan.pop(0)
        at = self._random.random()
        for fault in FAULTS:
            at -= self.faults.get(fault, 0.0)
            if at < 0:
                return fault
        return None

    def bill(self, usage: Mapping[str, int]) -> None:
        """Enter a call that was answered in the books."""
        self.prompt_tokens += usage["prompt_tokens"]
        self.completion_tokens += usage["completion_tokens"]


def app(standin: StandIn) -> FastAPI:
    """The server: POST /v1/chat/completions, the batch service, and GET /books for its counts."""
    server = FastAPI()
    server.include_router(standin.batches.routes())

    @server.post("/v1/chat/completions", response_model=None)
    async def complete(request: Request) -> Response:
        body = await request.json()
        standin.calls += 1
        standin.together += 1
        standin.most_together = max(standin.most_together, standin.together)
        standin.asked[str(body["messages"][-1]["content"])] += 1
        try:
            return await _complete(standin, body)
        finally:
            standin.together -= 1

    @server.get("/books")
    async def books() -> dict[str, Any]:
        return {
            "calls": standin.calls,
            "most_together": standin.most_together,
            "prompt_tokens": standin.prompt_tokens,
            "completion_tokens": standin.completion_tokens,
            "most_asked": max(standin.asked.values(), default=0),
        }

    return server


async def _complete(standin: StandIn, body: dict[str, Any]) -> Response:
    fault = standin.draw()
    standin.met[fault or "none"] += 1
    if fault == "too_many":
        return _error(429, "Rate limit reached", {"retry-after": "0.05"})
    if fault == "server_error":
        return _error(500, "The server had an error")
    if fault == "time_out":
        await asyncio.sleep(standin.slow)
        return _error(504, "too late")
    while not standin.until(fault):
        await asyncio.sleep(0.005)
    if standin.delay:
        await asyncio.sleep(standin.delay)
    if fault == "rejected":
        return _error(400, "The request is not valid")
    said = completion(body, standin.answer(body), fault)
    if fault == "slow_stream":
        return StreamingResponse(_dribble(standin, said), media_type="application/json")
    standin.bill(said["usage"])
    return JSONResponse(said)


async def _dribble(standin: StandIn, said: dict[str, Any]) -> AsyncIterator[bytes]:
    """A byte now and then: each arrives in time, the whole never does. Not billed unless it ends."""
    raw = json.dumps(said).encode()
    for i in range(0, len(raw), 10):
        yield raw[i : i + 10]
        await asyncio.sleep(standin.slow / (len(raw) / 10))
    standin.bill(said["usage"])


def completion(body: dict[str, Any], said: dict[str, Any], fault: str | None = None) -> dict[str, Any]:
    """The chat completion that says `said` to the request `body`, spoilt by one of FAULTS."""
    text = json.dumps(_invented(said) if fault == "invented" else said, ensure_ascii=False)
    reason = "stop"
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if fault == "refusal":
        message |= {"content": None, "refusal": "I'm sorry, I can't help with that."}
    elif fault == "filtered":
        reason, message["content"] = "content_filter", ""
    elif fault == "prose":
        message["content"] = f"Of course! Here is the JSON you asked for:\n```json\n{text}\n```\nAnything else?"
    else:
        if fault == "truncated":
            reason, text = "length", text[: len(text) // 2]
        elif fault == "wrong_schema":
            text = json.dumps({"target_audience": "everyone", "customer_need": 7})
        if body.get("tools"):
            called = {"name": body["tools"][0]["function"]["name"], "arguments": text}
            message["tool_calls"] = [{"id": "call_0", "type": "function", "function": called}]
            reason = reason if reason == "length" else "tool_calls"
        else:
            message["content"] = text
    asked = sum(len(str(m.get("content") or "")) for m in body["messages"]) // 4 + 1
    usage = {"prompt_tokens": asked, "completion_tokens": len(text) // 4 + 1}
    return {
        "id": "chatcmpl-standin",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": usage | {"total_tokens": sum(usage.values())},
    }


def _invented(said: Any) -> Any:
    """The same answer with words in its quotes that nobody wrote."""
    if isinstance(said, dict):
        return {k: "Nobody wrote this." if k == "quote" and v else _invented(v) for k, v in said.items()}
    return [_invented(item) for item in said] if isinstance(said, list) else said


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"message": message, "type": "standin"}}, status_code=status, headers=headers)


@contextmanager
def serving(standin: StandIn) -> Iterator[str]:
    """Run the server in a thread; yields its base URL. The port is held from the start, so nobody else gets it."""
    config = uvicorn.Config(app(standin), log_level="error", access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("The stand-in model server ended before it served.")
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            thread.join(timeout=5)
