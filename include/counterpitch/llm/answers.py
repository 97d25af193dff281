"""Judge what came back: an answer of the right shape, or in which way it is none.

The ways are told apart because they ask for different cures: a truncated answer for more tokens, a filtered or
refused one for another model, an unparsable one for a better prompt. Only a whole answer is ever cached.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)

_CUT = {"length", "max_tokens", "MAX_TOKENS", "model_length"}
_FILTERED = {"content_filter", "SAFETY", "safety", "BLOCKLIST", "PROHIBITED_CONTENT"}
_REFUSED = {"refusal"}


@dataclass(frozen=True)
class Unanswered:
    """Why there is no answer. outcome: truncated, filtered, refused, unparsable, unreachable, budget,
    claimed or waiting."""

    outcome: str
    detail: str

    def __str__(self) -> str:
        return f"{self.outcome}: {self.detail}"


@dataclass(frozen=True)
class Judged(Generic[M]):
    """An answer or the want of one, and the tokens it cost either way."""

    result: M | Unanswered
    prompt_tokens: int
    completion_tokens: int

    @property
    def outcome(self) -> str:
        """answered, or how it failed."""
        return self.result.outcome if isinstance(self.result, Unanswered) else "answered"


def judge(message: AIMessage, schema: type[M]) -> Judged[M]:
    """What the message says in the shape of `schema`, else Unanswered with the outcome."""
    usage = message.usage_metadata
    tokens = (usage["input_tokens"], usage["output_tokens"]) if usage else (0, 0)
    return Judged(_result(message, schema), *tokens)


def _result(message: AIMessage, schema: type[M]) -> M | Unanswered:
    told = message.response_metadata
    reason = str(told.get("finish_reason") or told.get("stop_reason") or told.get("done_reason") or "")
    if reason in _CUT:
        return Unanswered("truncated", "the answer was cut off by the token limit")
    if reason in _FILTERED:
        return Unanswered("filtered", f"the provider's filter stopped the answer ({reason})")
    refusal = message.additional_kwargs.get("refusal")
    if refusal or reason in _REFUSED:
        return Unanswered("refused", str(refusal or "the model refused")[:300])
    problem = "the answer holds no JSON object"
    for said in _objects(message):
        try:
            return schema.model_validate(said)
        except ValidationError as error:
            first = error.errors()[0]
            problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return Unanswered("unparsable", problem[:300])


def _objects(message: AIMessage) -> Iterator[dict[str, Any]]:
    """JSON objects of the answer: tool calls first, else what stands in the text, prose around it or not."""
    for call in message.tool_calls:
        yield dict(call["args"])
    texts = [str(call.get("args") or "") for call in message.invalid_tool_calls]
    texts.append(message.text if isinstance(message.text, str) else message.text())
    for text in texts:
        start = text.find("{")
        while start >= 0:
            try:
                found, _ = json.JSONDecoder().raw_decode(text[start:])
            except ValueError:
                start = text.find("{", start + 1)
                continue
            if isinstance(found, dict):
                yield found
            break
