"""What a page points at is there, and pictures are small enough for a clone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]
LARGEST = 300_000  # bytes


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    local = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_pictures_are_png_or_svg_and_small() -> None:
    pictures = sorted((PROJECT / "docs" / "img").iterdir())
    assert pictures
    for path in pictures:
        assert path.read_bytes().startswith((b"\x89PNG", b"<svg")), path.name
        assert path.stat().st_size < LARGEST, path.name
