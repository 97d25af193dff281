"""What the tests of a taught encoder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from counterpitch.ctr import embeddings
from counterpitch.settings import settings
from tests.ctr import planted, rote


@pytest.fixture
def by_rote(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Encoders learn by rote, and the planted ads lie far apart."""
    rote.install(monkeypatch)
    monkeypatch.setattr(planted, "ads", planted.apart)
    yield
    embeddings._embedder.cache_clear()
    settings.cache_clear()
