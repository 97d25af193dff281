"""What the day's sweeps must be: fresh, of the usual size, mostly good, in the market's languages.

`sweeps` has one row for each source x brand, `run` one for each source and one (source '') for all. A figure that
has nothing to be compared with is null, and then not judged: a first day has no history and never raises an alarm,
and a brand that shows nothing is `empty`, which is an answer.
"""

from __future__ import annotations

from great_expectations import ExpectationSuite

from counterpitch.quality.bounds import bounds
from counterpitch.quality.suites.rules import between, not_after, suite

NAME, VERSION = "sweeps", 1
RUN, RUN_VERSION = "run", 2
MEND = (
    "Look with `counterpitch quarantine list`, mend the source or its mapping, and run the day again. "
    "If the figure is right, move its bound in quality/bounds.toml."
)


def sweeps_suite() -> ExpectationSuite:
    """The expectations on each source x brand: columns of `profiles.sweeps`."""
    limit = bounds(NAME)
    return suite(
        NAME,
        VERSION,
        [
            not_after(
                "sweep_is_of_its_day",
                "looked_on",
                "day",
                "the sweep was made before its day began",
                "warn",
                "Check the clock of the machine and the day that was asked for.",
            ),
            between(
                "brand_was_read_lately",
                "days_old",
                None,
                limit["most_days_old"],
                "days since this source last answered for the brand",
                "warn",
                "See why in ops.coverage (state, message), mend it, then `counterpitch backfill` the days.",
            ),
            between(
                "volume_is_as_before",
                "volume",
                limit["least_volume"],
                limit["most_volume"],
                "ads of the day over the median of the listings before",
                "warn",
                "Compare with the platform's own page of the brand. A listing that was cut short: run the day again.",
            ),
            between(
                "rows_of_the_brand_are_good",
                "bad_share",
                None,
                limit["most_bad_share"],
                "share of the slice's rows that were held back",
                "warn",
                "See why with `counterpitch quarantine list --brand NAME`.",
            ),
            between(
                "texts_speak_the_markets_languages",
                "foreign_share",
                None,
                limit["most_foreign_share"],
                "share of texts whose language is none of the market's",
                "warn",
                "A page of another country may be registered with the brand: see `counterpitch brand list`.",
            ),
        ],
    )


def run_suite() -> ExpectationSuite:
    """The expectations on the run as a whole: columns of `profiles.run`."""
    limit = bounds(RUN)
    return suite(
        RUN,
        RUN_VERSION,
        [
            between(
                "rows_are_mostly_good",
                "bad_share",
                None,
                limit["most_bad_share"],
                "share of the run's rows that were held back",
                "stop",
                MEND,
            ),
            between(
                "source_lists_as_before",
                "collapsed_share",
                None,
                limit["most_collapsed_share"],
                "share of the source's brands whose ads all but vanished on one day",
                "stop",
                "Compare with the platform's own pages of the brands. If it fails, run the day again once it answers. "
                f"If they did stop, wait: after {int(bounds(NAME)['enough_days'])} such days it is loaded.",
            ),
        ],
    )
