"""A page of the Desk as a browser reads it, for the tests that look at one."""

from __future__ import annotations

from html.parser import HTMLParser

from fastapi.testclient import TestClient


class Page(HTMLParser):
    """A page as a browser reads it: its text, tags, attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words of the page, spaces run together."""
        return " ".join(" ".join(self.words).split())

    def found(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each such tag."""
        return [attrs for name, attrs in self.tags if name == tag]


def read(desk: TestClient, path: str) -> Page:
    answer = desk.get(path)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)
