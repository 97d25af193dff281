"""No price, no budget: what a model costs is known with its source and day, or the model is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from counterpitch.llm import prices
from counterpitch.llm.client import Client
from counterpitch.settings import settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder in which one's own prices lie."""
    monkeypatch.setenv("COUNTERPITCH_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_every_listed_price_of_a_provider_says_where_and_when_it_was_read() -> None:
    listed = tomllib.loads(prices.LISTED.read_text("utf-8"))
    assert {name.split(":")[0] for name in listed} >= {"openai", "anthropic", "ollama"}
    for name, entry in listed.items():
        if not name.startswith("ollama:"):
            assert entry["source"].startswith("https://"), name
            assert date(2026, 1, 1) < entry["read"] <= datetime.now(UTC).date(), name
            assert 0 < entry["prompt"] < entry["completion"], name


def test_a_model_without_a_price_is_refused_before_anything_is_asked_and_told_what_to_write(home: Path) -> None:
    with pytest.raises(prices.UnknownPrice, match=r'\["openai:never-heard-of"\] with prompt and completion'):
        Client("run", model="openai:never-heard-of")


def test_a_server_on_this_machine_is_free_and_one_elsewhere_is_not(home: Path) -> None:
    assert prices.of("openai:never-heard-of", "http://127.0.0.1:1/v1").cost(10, 10) == 0
    assert prices.of("ollama:llama3").cost(1, 1) == 0
    with pytest.raises(prices.UnknownPrice):
        prices.of("openai:never-heard-of", "https://models.example/v1")
    assert prices.of("openai:gpt-5-mini").cost(1_000_000, 1_000_000) == Decimal("2.25")


def test_ones_own_prices_win_and_a_bad_file_says_what_it_needs(home: Path) -> None:
    own = home / "prices.toml"
    own.write_text('["openai:gpt-5-mini"]\nprompt = 1\ncompletion = 2\n["openai:mine-*"]\nprompt = 3\ncompletion = 4\n')
    assert prices.of("openai:gpt-5-mini").cost(1_000_000, 1_000_000) == 3
    assert prices.of("openai:mine-7").cost(1_000_000, 0) == 3
    own.write_text('["openai:mine"]\nprompt = 1\n')
    with pytest.raises(prices.UnknownPrice, match="completion"):
        prices.of("openai:gpt-5-mini")
