"""What an ad row must be, as reviewed Great Expectations; a rule that changes moves SUITE_VERSION.

`critical` rules put a row in quarantine. `warning` rules are recorded in `ops.validation_result` and let it
through: the row is odd, not wrong. Each carries the reason that the quarantine shows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe

ADS = "ads"
SUITE_VERSION = "ads-1"
MEDIA = ["video", "image", "carousel", "text", "dco", "dpa", "multi_images", "meme", "none", "unknown"]
LINK = r"(?i)^https?://[^\s/]"
LONGEST = {"body": 20_000, "title": 2_000, "description": 5_000, "call_to_action": 500}


def ads_suite() -> ExpectationSuite:
    """The expectations on ad rows; columns of `canonical.ADS`, plus `day_after` and `unreadable` (see check)."""
    rules = [
        gxe.ExpectColumnValuesToBeNull(
            column="unreadable", **_rule("cells_are_readable", "a cell does not say what its column is for")
        ),
        gxe.ExpectColumnValuesToNotBeNull(column="ad_id", **_rule("ad_has_an_id", "the ad has no id")),
        gxe.ExpectColumnValuesToMatchRegex(
            column="ad_id", regex=r"^[^\s\x00-\x1f]{1,200}$", **_rule("ad_id_is_a_word", "an ad id has no spaces")
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="day_after",
            column_B="delivery_start",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            **_rule("delivery_has_started", "an ad cannot be seen before its delivery starts"),
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="delivery_stop",
            column_B="delivery_start",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            **_rule("delivery_stops_after_it_starts", "the delivery stops before it starts"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="delivery_start",
            min_value=datetime(2004, 2, 4),  # noqa: DTZ001 a day; no ad platform of ours is older than Facebook
            **_rule("delivery_start_is_plausible", "no platform showed this ad so long ago"),
        ),
        *(_between(column, least, most) for column, least, most in RANGES),
        *(_link(column) for column in ("landing_url", "public_url")),
        *(_length(column, longest) for column, longest in LONGEST.items()),
        gxe.ExpectColumnValuesToBeInSet(
            column="media_type", value_set=MEDIA, **_rule("media_type_is_known", "a media type nobody named", "warning")
        ),
    ]
    return ExpectationSuite(name=ADS, expectations=rules)


RANGES = (("page_rank", 1, 1_000_000), ("reach", 0, 10_000_000_000), ("variants", 1, 100_000))


def _rule(name: str, reason: str, severity: str = "critical") -> dict[str, Any]:
    return {"severity": severity, "meta": {"name": name, "reason": reason}}


def _between(column: str, least: int, most: int) -> Any:
    rule = _rule(f"{column}_is_plausible", f"{column} must lie between {least:,} and {most:,}")
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=least, max_value=most, **rule)


def _link(column: str) -> Any:
    rule = _rule(f"{column}_is_a_web_address", f"{column} must start with http:// or https://")
    return gxe.ExpectColumnValuesToMatchRegex(column=column, regex=LINK, **rule)


def _length(column: str, longest: int) -> Any:
    rule = _rule(f"{column}_is_not_too_long", f"{column} has more than {longest:,} characters")
    return gxe.ExpectColumnValueLengthsToBeBetween(column=column, max_value=longest, **rule)
