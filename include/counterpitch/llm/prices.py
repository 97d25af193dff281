"""What a model charges, from prices.toml; a model without a price is an error, since a budget would mean nothing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from counterpitch.settings import settings

LISTED = Path(__file__).with_name("prices.toml")
_MILLION = 1_000_000


class UnknownPrice(LookupError):
    """No price is known for the model; the message says where to write it."""


@dataclass(frozen=True)
class Price:
    """US dollars per million prompt and completion tokens."""

    prompt: Decimal
    completion: Decimal

    def cost(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """US dollars for a call, to the hundred-millionth."""
        total = self.prompt * prompt_tokens + self.completion * completion_tokens
        return (total / _MILLION).quantize(Decimal("0.00000001"))


def of(model: str, base_url: str | None = None) -> Price:
    """The price of "provider:model". A server on this machine (`base_url` on loopback) is free unless listed.

    Raises UnknownPrice.
    """
    listed = _listed()
    names = [model, *(f"{model[:i]}*" for i in range(len(model) - 1, 0, -1))]
    for name in names:
        if name in listed:
            return listed[name]
    if base_url and urlsplit(base_url).hostname in {"127.0.0.1", "localhost", "::1"}:
        return Price(Decimal(0), Decimal(0))
    raise UnknownPrice(
        f'No price is known for {model!r}. Write ["{model}"] with prompt and completion (US dollars per million '
        f"tokens) into {settings().home / 'prices.toml'}; 0.0 where it costs nothing."
    )


def _listed() -> dict[str, Price]:
    own = settings().home / "prices.toml"
    texts = [LISTED.read_text("utf-8"), *([own.read_text("utf-8")] if own.exists() else [])]
    return {
        name: Price(Decimal(str(price["prompt"])), Decimal(str(price["completion"])))
        for text in texts
        for name, price in tomllib.loads(text).items()
    }
