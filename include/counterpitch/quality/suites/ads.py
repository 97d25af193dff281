"""What a raw ad row must be: readable cells, an id, plausible dates and counts, web links, texts of a sane length.

Columns are those of `canonical.ADS`, plus `day_after` (the day after the partition), `unreadable` (why a cell could
not be read) and `odd_country` (the first country that is no ISO code).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe

from counterpitch.quality.bounds import bounds
from counterpitch.quality.suites.rules import between, not_after, rule, suite

NAME, VERSION = "ads", 2
MEDIA = ["video", "image", "carousel", "text", "dco", "dpa", "multi_images", "meme", "none", "unknown"]
LINK = r"(?i)^https?://[^\s/]"
RANGES = (("page_rank", 1, 1_000_000), ("reach", 0, 10_000_000_000), ("variants", 1, 100_000))
TEXTS = ("body", "title", "description", "call_to_action")
ODD = "Nothing was held. If the platform names something new, add it to the suite."


def ads_suite() -> ExpectationSuite:
    """The expectations on the ad rows of a day."""
    return suite(
        NAME,
        VERSION,
        [
            gxe.ExpectColumnValuesToBeNull(
                column="unreadable",
                **rule(
                    "cells_are_readable", "a cell does not say what its column is for", "each cell reads as its type"
                ),
            ),
            gxe.ExpectColumnValuesToNotBeNull(column="ad_id", **rule("ad_has_an_id", "the ad has no id", "not empty")),
            gxe.ExpectColumnValuesToMatchRegex(
                column="ad_id",
                regex=r"^[^\s\x00-\x1f]{1,200}$",
                **rule("ad_id_is_a_word", "an ad id has no spaces", "one word of at most 200 characters"),
            ),
            not_after(
                "delivery_has_started",
                "day_after",
                "delivery_start",
                "an ad cannot be seen before its delivery starts",
            ),
            not_after(
                "delivery_stops_after_it_starts",
                "delivery_stop",
                "delivery_start",
                "the delivery stops before it starts",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="delivery_start",
                min_value=datetime(2004, 2, 4),  # noqa: DTZ001 a day; no ad platform of ours is older than Facebook
                **rule(
                    "delivery_start_is_plausible", "no platform showed this ad so long ago", "not before 2004-02-04"
                ),
            ),
            *(_count(column, least, most) for column, least, most in RANGES),
            *(_link(column) for column in ("landing_url", "public_url")),
            *(_length(column, int(bounds(NAME)[f"longest_{column}"])) for column in TEXTS),
            gxe.ExpectColumnValuesToBeInSet(
                column="media_type",
                value_set=MEDIA,
                **rule("media_type_is_known", "a media type nobody named", ", ".join(MEDIA), "warn", ODD),
            ),
            gxe.ExpectColumnValuesToBeNull(
                column="odd_country",
                **rule("country_is_a_code", "a country that is no two-letter code", "ISO 3166-1 alpha-2", "warn", ODD),
            ),
        ],
    )


def _count(column: str, least: int, most: int) -> Any:
    return between(f"{column}_is_plausible", column, least, most, f"{column} must lie between {least:,} and {most:,}")


def _link(column: str) -> Any:
    stated = rule(
        f"{column}_is_a_web_address", f"{column} must start with http:// or https://", "http:// or https:// and a host"
    )
    return gxe.ExpectColumnValuesToMatchRegex(column=column, regex=LINK, **stated)


def _length(column: str, longest: int) -> Any:
    stated = rule(
        f"{column}_is_not_too_long", f"{column} has more than {longest:,} characters", f"at most {longest:,} characters"
    )
    return gxe.ExpectColumnValueLengthsToBeBetween(column=column, max_value=longest, **stated)
