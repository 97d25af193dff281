"""What our own results and experiments must be before anything learns from them.

Rows that break the first four rules are held when they are imported (`sources/facts.py`); here the same is asked of
what stands in core, whoever wrote it. Experiments are judged by archive: one row each, counts and shares.
"""

from __future__ import annotations

from datetime import datetime

from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe

from counterpitch.quality.bounds import bounds
from counterpitch.quality.suites.rules import between, found, not_after, rule, suite

NAME, VERSION = "results", 1
EXPERIMENTS, EXPERIMENTS_VERSION = "experiments", 1
EXPORT = "Look at the rows in core.ad_result_daily, export them from the platform again, and import the file."


def results_suite() -> ExpectationSuite:
    """The expectations on core.ad_result_daily of the restated days: columns of `sql/select_results.sql`."""
    return suite(
        NAME,
        VERSION,
        [
            not_after(
                "clicks_within_impressions", "impressions", "clicks", "more clicks than impressions", "stop", EXPORT
            ),
            between("impressions_are_not_negative", "impressions", 0, None, "negative impressions", "stop", EXPORT),
            between("clicks_are_not_negative", "clicks", 0, None, "negative clicks", "stop", EXPORT),
            between("spend_is_not_negative", "spend", 0, None, "negative spend", "stop", EXPORT),
            not_after("result_is_past", "as_of", "result_date", "a result known before its day", "stop", EXPORT),
            gxe.ExpectColumnValuesToBeBetween(
                column="result_date",
                min_value=datetime(2004, 2, 4),  # noqa: DTZ001 a day; no ad platform of ours is older than Facebook
                **rule(
                    "result_date_is_plausible",
                    "no platform has results so old",
                    "not before 2004-02-04",
                    "stop",
                    EXPORT,
                ),
            ),
            not_after(
                "link_clicks_are_clicks", "clicks", "link_clicks", "more link clicks than clicks", "warn", EXPORT
            ),
            found(
                "result_names_a_known_ad",
                "ad_key",
                "known_ad",
                "a result of an ad that no sweep has shown yet: it teaches nothing",
                "warn",
                "Collect or import the ads of our own brand too; see docs/your-own-files.md.",
            ),
        ],
    )


def experiments_suite() -> ExpectationSuite:
    """The expectations on each archive of experiments: columns of `sql/profile_experiments.sql`."""
    limit = bounds(EXPERIMENTS)
    mend = "Look at the archive's rows in core.experiment_arm, mend the file, and import it again."
    return suite(
        EXPERIMENTS,
        EXPERIMENTS_VERSION,
        [
            between(
                "arms_clicks_within_impressions", "impossible", 0, 0, "arms with more clicks than views", "stop", mend
            ),
            between("arms_are_past", "future", 0, 0, "arms that start after today", "warn", mend),
            between("arms_have_words", "wordless", 0, 0, "arms without headline and body", "warn", mend),
            between(
                "experiments_have_two_arms",
                "single_share",
                None,
                limit["most_single_share"],
                "share of experiments with one arm: nothing to compare",
                "warn",
                mend,
            ),
            between(
                "arms_were_seen",
                "unseen_share",
                None,
                limit["most_unseen_share"],
                "share of arms without an impression",
                "warn",
                mend,
            ),
        ],
    )
