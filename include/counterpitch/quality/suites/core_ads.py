"""What a core ad must be once the day is loaded: its brand, page, words and current state exist, its dates agree.

These are promises of our own code to what is built on core, so a breach stops the run and the load is undone; only
a page that nobody registered is the data's affair.
"""

from __future__ import annotations

from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe

from counterpitch.quality.suites.rules import between, found, not_after, rule, suite

NAME, VERSION = "core_ads", 1
DEFECT = "This is a defect of the load: nothing was loaded. Report it with the day and the brand."


def core_ads_suite() -> ExpectationSuite:
    """The expectations on the day's rows of core.ad_seen_daily: columns of `sql/select_core_ads.sql`."""
    return suite(
        NAME,
        VERSION,
        [
            found("brand_exists", "brand_id", "known_brand", "the ad's brand is not registered", "stop", DEFECT),
            found("ad_exists", "ad_key", "known_ad", "the ad has no row in core.ad", "stop", DEFECT),
            found("text_exists", "text_hash", "known_text", "the ad's words are not in core.ad_text", "stop", DEFECT),
            found("versions_exist", "versions", "known_versions", "a version's words are missing", "stop", DEFECT),
            found(
                "page_is_the_brands",
                "page_id",
                "known_page",
                "the ad's page is not registered with the brand",
                "warn",
                "Register it with `counterpitch brand add NAME --page SOURCE:ID`, or remove a page that is not theirs.",
            ),
            not_after("seen_span_agrees", "last_seen", "first_seen", "last seen before first seen", "stop", DEFECT),
            not_after("day_is_in_the_span", "last_seen", "day", "seen on a day after it was last seen", "stop", DEFECT),
            between("running_days_are_positive", "running_days", 1, None, "an ad runs at least a day", "stop", DEFECT),
            gxe.ExpectColumnValuesToBeInSet(
                column="status",
                value_set=["active", "stopped", "unknown"],
                **rule("status_is_known", "a status nobody named", "active, stopped, unknown", "stop", DEFECT),
            ),
        ],
    )
