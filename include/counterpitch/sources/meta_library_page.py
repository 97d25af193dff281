"""A page of the Ad Library's own site, saved as the GraphQL answer behind it: ads of any country.

It is what a person sees who searches the library and keeps the answer; nothing here asks for it. The site dates an ad
that runs with the day of looking (`end_date`), so each ad is placed on that day; one that has ended, on its last day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from counterpitch.sources.canonical import Problem, Record, Unreadable, read_cell

SHAPE = "meta_library_page"
COLUMNS = ("ad_archive_id", "page_id", "page_name", "snapshot", "end_date")


def ads_of(document: Any) -> list[dict[str, Any]] | None:
    """The ads of a page as rows; None where the document is no such page.

    Raises ValueError where the page is an error of the site, saying which.
    """
    if not isinstance(document, Mapping) or not {"data", "errors"} & document.keys():
        return None
    errors = document.get("errors")
    if isinstance(errors, list) and errors:
        first = errors[0] if isinstance(errors[0], Mapping) else {}
        raise ValueError(f"the Ad Library answered an error ({first.get('code')}: {first.get('message')})")
    try:
        edges = document["data"]["ad_library_main"]["search_results_connection"]["edges"]
        return [dict(ad) for edge in edges for ad in edge["node"]["collated_results"]]
    except (KeyError, TypeError):
        return None


def read(payload: Mapping[str, Any]) -> tuple[Record, list[Problem]]:
    """The ad record of a row (columns of `canonical.ADS`), and what could not be read of it.

    The texts of cards stand below the ad's own, each once; a template's placeholder (`{{product.name}}`) is no text.
    """
    shown = payload.get("snapshot")
    snapshot: Mapping[str, Any] = shown if isinstance(shown, Mapping) else {}
    record: Record = {
        "page_id": payload.get("page_id"),
        "page_name": payload.get("page_name"),
        "body": _said(snapshot, "body"),
        "title": _said(snapshot, "title"),
        "description": _said(snapshot, "link_description"),
        "call_to_action": snapshot.get("cta_text"),
        "media_type": read_cell("name", snapshot.get("display_format")),
        "platforms": read_cell("names", payload.get("publisher_platform")) or [],
        "countries": read_cell("list", payload.get("targeted_or_reached_countries")) or [],
        "landing_url": snapshot.get("link_url"),
        "public_url": f"https://www.facebook.com/ads/library/?id={payload.get('ad_archive_id')}",
        "variants": payload.get("collation_count"),
    }
    problems: list[Problem] = []
    for column, name in (("delivery_start", "start_date"), ("delivery_stop", "end_date")):
        try:
            record[column] = read_cell("date", payload.get(name), ("epoch",))
        except (Unreadable, OverflowError, OSError, ValueError):
            told = str(payload.get(name))[:200]
            problems.append(Problem(f"{column}_is_a_date", column, told, f"{name} {told!r} is not a day"))
    if payload.get("is_active"):
        record["delivery_stop"] = None
    return record, problems


def _said(snapshot: Mapping[str, Any], name: str) -> str | None:
    cards = snapshot.get("cards")
    told = [snapshot.get(name), *(card.get(name) for card in _mappings(cards))]
    texts = (each.get("text") if isinstance(each, Mapping) else each for each in told)
    kept = [text.strip() for text in texts if isinstance(text, str) and text.strip() and "{{" not in text]
    return "\n".join(dict.fromkeys(kept)) or None


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    return (each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else iter(())
