"""Renders a brief's Markdown as HTML that cannot carry anything but text, tables and links.

A brief quotes ads, and an ad's words are a stranger's: raw HTML stays text, images are named and not fetched,
and only web addresses become links.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape


def render(text: str, *, without_title: bool = False, link: Callable[[str], str | None] | None = None) -> Markup:
    """HTML of a Markdown text, safe to put into a page; its first heading left out where the page has it.

    link: the address of what a piece of `code` names (an ad's key), or None where it names nothing.
    """
    parser = _parser()
    tokens = parser.parse(text)
    if without_title and tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        tokens = tokens[3:]
    html = parser.renderer.render(tokens, parser.options, {"link": link})
    return Markup(html)  # noqa: S704 raw HTML is off: every tag in it is the renderer's own


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: url.startswith(("https://", "http://", "#"))  # type: ignore[method-assign]
    parser.add_render_rule("image", _named)
    parser.add_render_rule("link_open", _outside)
    parser.add_render_rule("th_open", _of_column)
    parser.add_render_rule("code_inline", _named_by_key)
    return parser


def _named(_: RendererHTML, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return str(escape(tokens[index].content))


def _outside(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    if not str(token.attrGet("href")).startswith("#"):
        for name, value in {"rel": "noopener noreferrer", "target": "_blank", "class": "outside"}.items():
            token.attrSet(name, value)
    return renderer.renderToken(tokens, index, options, env)


def _of_column(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("scope", "col")
    return renderer.renderToken(tokens, index, options, env)


def _named_by_key(_: RendererHTML, tokens: Sequence[Token], index: int, __: Any, env: Any) -> str:
    key = tokens[index].content
    code = f"<code>{escape(key)}</code>"
    address = env["link"](key) if env.get("link") else None
    return f'<a href="{escape(address)}">{code}</a>' if address else code
