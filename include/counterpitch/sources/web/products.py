"""The products of a page, from what it says of them for machines: JSON-LD, then microdata, then OpenGraph.

schema.org: https://schema.org/Product , https://schema.org/Offer , https://schema.org/AggregateOffer ; OpenGraph:
https://developers.facebook.com/docs/marketing-api/catalog/reference (og:type product). A product that several
syntaxes describe is one; a price is kept with the currency it was told in, or with none, never a guessed one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Product = dict[str, Any]  # name, brand, description, sku, url, price, price_to, currency, availability, said_in

MOST = 200
KINDS = {"Product", "ProductGroup", "IndividualProduct", "SoftwareApplication", "MobileApplication", "WebApplication"}
OFFERS = {"Offer", "AggregateOffer"}
SYMBOLS = {"€": "EUR", "£": "GBP"}  # of one currency only; $ and ¥ are of several
_CODE = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"\d[\d.,'\s\u00a0\u202f]*")


def products(said: Mapping[str, Any]) -> list[Product]:
    """The products in `content.structured`'s answer, each once: prices are numbers, `said_in` names the syntax."""
    found: list[Product] = []
    for item in _items(said.get("json-ld") or []):
        if KINDS & set(_types(item)):
            found += _of_schema(item, "json-ld")
    for item in _items([_plain(each) for each in said.get("microdata") or []]):
        if KINDS & set(_types(item)):
            found += _of_schema(item, "microdata")
    for page in said.get("opengraph") or []:
        found += _of_opengraph(page)
    return _once(found)[:MOST]


def amount(told: Any) -> float | None:
    """`1299`, `"1,299.00"`, `"12,99 €"` as a number; None where there is none. A lone comma before two digits is
    a decimal mark, before three it parts thousands.
    """
    if isinstance(told, int | float) and not isinstance(told, bool):
        return float(told) if 0 <= told < 1e12 else None
    match = _NUMBER.search(str(told or ""))
    if not match:
        return None
    digits = re.sub(r"['\s\u00a0\u202f]", "", match[0]).rstrip(".,")
    if "," in digits and "." in digits:
        thousands, decimal = (",", ".") if digits.rfind(".") > digits.rfind(",") else (".", ",")
        digits = digits.replace(thousands, "").replace(decimal, ".")
    elif re.fullmatch(r"\d{1,3}(,\d{3})+", digits):
        digits = digits.replace(",", "")
    else:
        digits = digits.replace(",", ".")
    try:
        number = float(digits)
    except ValueError:
        return None
    return number if number < 1e12 else None


def currency(code: Any, told: Any = None) -> str | None:
    """The ISO code, or that of an unmistakable symbol in the price itself."""
    word = str(code or "").strip().upper()
    if _CODE.fullmatch(word):
        return word
    return next((name for symbol, name in SYMBOLS.items() if symbol in f"{word}{told or ''}"), None)


def _of_schema(item: Mapping[str, Any], syntax: str) -> Iterator[Product]:
    common = {
        "name": _text(item.get("name")),
        "brand": _text(item.get("brand")) or _text(item.get("manufacturer")),
        "description": _text(item.get("description")),
        "sku": _text(item.get("sku")) or _text(item.get("mpn")),
        "url": _text(item.get("url")),
        "said_in": syntax,
    }
    offers = [each for each in _each(item.get("offers")) if isinstance(each, Mapping)]
    if not offers:
        yield _filled(common)
    for offer in offers:
        yield _filled(common | _offer(offer))


def _offer(offer: Mapping[str, Any]) -> Product:
    detail = next((each for each in _each(offer.get("priceSpecification")) if isinstance(each, Mapping)), {})
    prices = (offer.get("price"), offer.get("lowPrice"), detail.get("price"))
    told = next((value for value in prices if value not in (None, "", [])), None)
    return {
        "price": amount(_first(told)),
        "price_to": amount(_first(offer.get("highPrice"))),
        "currency": currency(_first(offer.get("priceCurrency") or detail.get("priceCurrency")), _first(told)),
        "availability": (_text(offer.get("availability")) or "").rsplit("/", 1)[-1] or None,
    }


def _of_opengraph(page: Mapping[str, Any]) -> Iterator[Product]:
    """A page that names a price, or says that it is a product."""
    told: dict[str, str] = {}
    for name, value in page.get("properties") or []:
        told.setdefault(name, value)
    price = next((told[name] for name in ("product:price:amount", "og:price:amount") if told.get(name)), None)
    if price is None and not told.get("og:type", "").startswith("product"):
        return
    code = told.get("product:price:currency") or told.get("og:price:currency")
    yield _filled(
        {
            "name": told.get("og:title"),
            "brand": told.get("product:brand") or told.get("og:brand"),
            "description": told.get("og:description"),
            "sku": told.get("product:retailer_item_id"),
            "url": told.get("og:url"),
            "said_in": "opengraph",
            "price": amount(price),
            "currency": currency(code, price),
            "availability": told.get("product:availability"),
        }
    )


def _once(found: list[Product]) -> list[Product]:
    """A product again under the same name and price, or one that a fuller syntax priced already, is left out."""
    kept: list[Product] = []
    for each in found:
        same = (each.get("name"), each.get("price"), each.get("currency"))
        priced = each["said_in"] == "opengraph" and any(
            (old.get("price"), old.get("currency")) == same[1:] for old in kept
        )
        if not priced and all((old.get("name"), old.get("price"), old.get("currency")) != same for old in kept):
            kept.append(each)
    return kept


def _items(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Every typed item in a tree, outermost first; offers, variants and related products stand inside others."""
    if depth > 20:
        return
    if isinstance(value, list):
        for each in value:
            yield from _items(each, depth)
    elif isinstance(value, Mapping):
        if _types(value):
            yield value
        for name, each in value.items():
            if isinstance(each, list | Mapping) and name not in ("offers", "isRelatedTo", "isSimilarTo"):
                yield from _items(each, depth + 1)


def _plain(item: Any) -> Any:
    """A microdata item in the form of JSON-LD."""
    if isinstance(item, list):
        return [_plain(each) for each in item]
    if not isinstance(item, Mapping):
        return item
    return {"@type": item.get("type"), **{name: _plain(each) for name, each in (item.get("properties") or {}).items()}}


def _types(item: Mapping[str, Any]) -> list[str]:
    return [str(each).rsplit("/", 1)[-1].rsplit("#", 1)[-1] for each in _each(item.get("@type")) if each]


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> Any:
    return next(iter(_each(value)), None)


def _text(value: Any) -> str | None:
    """The words of a value that may be a text, a list of them, or an item with a name."""
    value = _first(value)
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("@value") or value.get("@id")
        value = _first(value)
    words = " ".join(str(value).split()) if isinstance(value, str | int | float) else ""
    return words[:2000] or None


def _filled(product: Product) -> Product:
    return {name: value for name, value in product.items() if value is not None}
