"""The brands' own sites: a home page, a landing page for each need and language, prices, and a robots.txt to obey.

Pages carry JSON-LD, OpenGraph and plain text, an ETag that conditional requests are answered by, and the same claims
as the brand's ads. What robots.txt forbids is there and says so, for a reader that should not have come.
"""

from __future__ import annotations

import hashlib
import html
import json
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from counterpitch.sandbox.library import Brand, Category, library, read_marks
from counterpitch.sandbox.platforms.accounts import Quota
from counterpitch.sandbox.platforms.faults import PRIVATE
from counterpitch.sandbox.platforms.world import World
from counterpitch.sandbox.streams import number

ROBOTS = """User-agent: *
Disallow: /account/
Disallow: /checkout
Crawl-delay: 1
Sitemap: {origin}/sitemap.xml
"""
FORBIDDEN = "This page is forbidden by robots.txt: a polite reader never sees it."


def router(world: World, quota: Quota) -> APIRouter:
    """The pages of every site; which brand's is asked for stands in request.state.site."""
    routes = APIRouter()
    category = world.market.category

    def brand(request: Request) -> Brand:
        return category.brands[request.state.site]

    @routes.get("/robots.txt")
    async def robots(request: Request) -> Response:
        return PlainTextResponse(ROBOTS.format(origin=_origin(request)))

    @routes.get("/sitemap.xml")
    async def sitemap(request: Request) -> Response:
        paths = ["/", "/pricing", *(path for path in landing_paths(category, brand(request)))]
        told = "".join(f"<url><loc>{_origin(request)}{path}</loc></url>" for path in paths)
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        return Response(f'<?xml version="1.0"?><urlset xmlns="{space}">{told}</urlset>', media_type="application/xml")

    @routes.get("/account/{_rest:path}")
    @routes.get("/checkout")
    async def forbidden() -> Response:
        return PlainTextResponse(FORBIDDEN)

    @routes.get("/")
    async def home(request: Request) -> Response:
        links = "".join(f'<li><a href="{path}">{path}</a></li>' for path in landing_paths(category, brand(request)))
        return _page(request, quota, brand(request), "en", "Dinner, planned.", [], f"<ul>{links}</ul>")

    @routes.get("/pricing")
    async def pricing(request: Request) -> Response:
        offers = library("en").of_brand(brand(request).brand_id, "offer")
        return _page(request, quota, brand(request), "en", "What it costs", offers, "")

    @routes.get("/{language}/{theme}")
    async def landing(request: Request, language: str, theme: str) -> Response:
        if language not in category.languages or theme not in category.themes:
            return PlainTextResponse("Not found", 404)
        lines, who = library(language), brand(request)
        said = [line for feature in category.answers[theme] for line in lines.say(feature, who.brand_id)]
        claims = [*lines.of_brand(who.brand_id, "proof"), *said, *lines.lines("payoffs", theme)]
        return _page(request, quota, who, language, lines.lines("titles", theme)[0], claims, "")

    return routes


def landing_paths(category: Category, brand: Brand) -> list[str]:
    """The paths of the brand's landing pages: those that its ads lead to."""
    themes = sorted({theme for _, theme in brand.mix})
    return [f"/{language}/{theme}" for language in brand.languages for theme in themes if theme in category.themes]


def price(brand: Brand) -> float:
    """The brand's price a month, in pounds."""
    return 2.99 + number(0, "price", brand.brand_id) % 5


def product(brand: Brand) -> dict[str, Any]:
    """The brand's product as schema.org describes one."""
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": brand.name,
        "brand": {"@type": "Brand", "name": brand.name},
        "description": "A meal-planning app.",
        "offers": {"@type": "Offer", "price": f"{price(brand):.2f}", "priceCurrency": "GBP"},
    }


def _page(
    request: Request, quota: Quota, brand: Brand, language: str, title: str, claims: list[str], more: str
) -> Response:
    fault = request.state.fault
    if fault == "redirect_private":
        return Response(status_code=302, headers={"location": PRIVATE})
    if quota.take(f"site {brand.brand_id}").refused or fault == "throttle_429":
        return PlainTextResponse("Too many requests", 429, headers={"retry-after": "1"})
    told = [read_marks(line)[0].replace("{brand}", brand.name) for line in claims]
    text = _html(brand, language, title, told, more)
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'
    headers = {"etag": tag, "last-modified": _dated(request.state.day), "cache-control": "max-age=0"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(text, headers=headers)


def _html(brand: Brand, language: str, title: str, claims: list[str], more: str) -> str:
    listed = "\n".join(f"<p>{html.escape(claim)}</p>" for claim in claims)
    data = json.dumps(product(brand), ensure_ascii=False)
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{html.escape(title)} | {brand.name}</title>
<meta property="og:title" content="{html.escape(title)}"><meta property="og:site_name" content="{brand.name}">
<meta property="product:price:amount" content="{price(brand):.2f}">
<meta property="product:price:currency" content="GBP">
<script type="application/ld+json">{data}</script></head>
<body><nav><a href="/">{brand.name}</a> <a href="/pricing">Pricing</a> <a href="/account/">Sign in</a></nav>
<main><h1>{html.escape(title)}</h1>
{listed}
{more}</main><footer>{brand.name} is an invented brand.</footer></body></html>
"""


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _dated(day: date) -> str:
    return format_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC), usegmt=True)
