"""A brief's Markdown becomes text, tables and web links, and nothing else."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.desk.markdown import render

ALLOWED = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s"),
    *("a", "br", "hr", "table", "thead", "tbody", "tr", "th", "td"),
}


class Tags(HTMLParser):
    """Collects the tags and the link targets of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        assert not any(name.startswith("on") for name, _ in attrs)


def parsed(html: str) -> Tags:
    found = Tags()
    found.feed(html)
    return found


def test_headings_lists_and_tables_are_rendered() -> None:
    html = render("# Title\n\n- one\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert {"h1", "li", "strong", "td"} <= parsed(html).tags


def test_the_title_can_be_left_to_the_page() -> None:
    assert render("# Title\n\nwords", without_title=True) == "<p>words</p>\n"
    assert render("words", without_title=True) == "<p>words</p>\n"


def test_code_that_names_something_becomes_a_link_to_it() -> None:
    html = render("`meta:1` and `other`", link=lambda key: "/ads/1?a=1&b=2" if key == "meta:1" else None)
    assert html == '<p><a href="/ads/1?a=1&amp;b=2"><code>meta:1</code></a> and <code>other</code></p>\n'


@pytest.mark.parametrize(
    "planted",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://example.org/pixel.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](//example.org)",
        '[x](https://example.org "a\\" onclick=alert(1)")',
        "<https://example.org/><svg onload=alert(1)>",
    ],
)
def test_what_a_stranger_planted_stays_text(planted: str) -> None:
    found = parsed(render(f"before {planted} after"))
    assert found.tags <= {"p", "a"}
    assert all(link.startswith("https://example.org") for link in found.links)


@given(st.text(st.sampled_from("<>&\"'[]()!#*_`|- \nscriptjava:onerror=/x"), max_size=80))
def test_no_text_brings_a_tag_of_its_own(text: str) -> None:
    found = parsed(render(text))
    assert found.tags <= ALLOWED
    assert all(link.startswith(("https://", "http://", "#")) for link in found.links)
