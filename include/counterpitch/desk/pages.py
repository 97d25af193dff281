"""Turns a template and its facts into an HTML answer. Everything in a template is escaped."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from counterpitch.desk import links, wording

HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates with autoescape always on; an unknown name is an error, not an empty hole in the page."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        percent=wording.percent,
        rate=wording.rate,
        points=wording.points,
        count=wording.count,
        day=wording.day,
        signed=wording.signed,
        web=links.web,
        coded=coded,
    )
    found.globals.update(
        many=wording.many,
        KINDS=wording.KINDS,
        SIGNS=wording.SIGNS,
        KIND_MEANS=wording.KIND_MEANS,
        FIELDS=wording.FIELDS,
        DECISIONS=wording.DECISIONS,
    )
    return found


def coded(text: str | None) -> Markup:
    """A sentence with its `commands` set as code. Everything else in it is escaped."""
    parts = str(text or "").split("`")
    code = Markup("<code>{}</code>")
    return Markup().join(code.format(part) if at % 2 else part for at, part in enumerate(parts))


def page(request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """The template rendered with the facts, and with `root`, where the Desk is mounted."""
    html = environment().get_template(template).render(root=links.root(request), **facts)
    return HTMLResponse(html, status_code=status)


def message(request: Request, status: int, title: str, advice: str) -> HTMLResponse:
    """A page that says what is wrong and what to do about it."""
    return page(request, "message.html", status, title=title, advice=advice)
