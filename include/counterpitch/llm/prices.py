"""What a model charges, from prices.toml; a model without a price is an error, since a budget would mean nothing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

from counterpitch.errors import Permanent
from counterpitch.settings import settings

LISTED = Path(__file__).with_name("prices.toml")
_MILLION = 1_000_000


class UnknownPrice(Permanent):
    """No price is known for the model, or the file with one cannot be read; the message says what to write where."""


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
        f"No price is known for {model!r}, so no budget could hold. Look it up on the provider's price page and write "
        f'["{model}"] with prompt and completion (US dollars per million tokens) into '
        f"{settings().home / 'prices.toml'}; 0.0 where it costs nothing."
    )


def _listed() -> dict[str, Price]:
    own = settings().home / "prices.toml"
    return {name: price for file in (LISTED, own) if file.exists() for name, price in _prices(file).items()}


def _prices(file: Path) -> dict[str, Price]:
    try:
        entries = tomllib.loads(file.read_text("utf-8"))
        return {
            name: Price(Decimal(str(price["prompt"])), Decimal(str(price["completion"])))
            for name, price in entries.items()
        }
    except (tomllib.TOMLDecodeError, KeyError, TypeError, InvalidOperation) as error:
        raise UnknownPrice(
            f"{file} cannot be read ({type(error).__name__}: {error}). Each entry needs a name such as "
            '["openai:gpt-5-mini"] and below it prompt and completion, in US dollars per million tokens.'
        ) from error
