"""What a look at a web page must be: of its day, at a web address that holds no secret, with words and real prices.

Pages are written by their sweep and nothing is loaded from them, so a rule that fails warns: a page that reads oddly
stops no ad.
"""

from __future__ import annotations

from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe

from counterpitch.quality.suites.rules import between, found, not_after, rule, suite

NAME, VERSION = "pages", 1
STATES = ["read", "unchanged", "gone", "forbidden", "failed"]
ADDRESS = r"^https?://[^\s/?#]+"
CLOCK = "Check the clock of the machine and the day that was asked for."
REGISTER = "Register the page as a browser shows it: `counterpitch brand add NAME --page web:https://...`."
BARE = "Register the page without it, and delete the day's row from core.web_page: an address is shown to every reader."
PARSER = "Compare with the page itself. What a site tells machines may be wrong; a price that we misread, report."


def pages_suite() -> ExpectationSuite:
    """The expectations on the day's rows of core.web_page: columns of `profiles.pages`."""
    return suite(
        NAME,
        VERSION,
        [
            gxe.ExpectColumnValuesToBeInSet(
                column="state",
                value_set=STATES,
                **rule("page_state_is_known", "a state nobody named", ", ".join(STATES), "warn", PARSER),
            ),
            not_after("page_look_is_of_its_day", "looked_on", "day", "looked at before its day began", "warn", CLOCK),
            not_after("page_look_is_past", "today", "looked_on", "looked at in the future", "warn", CLOCK),
            *(
                gxe.ExpectColumnValuesToMatchRegex(
                    column=column,
                    regex=ADDRESS,
                    **rule(f"page_{column}_is_of_the_web", "no web address", "http:// or https://", "warn", REGISTER),
                )
                for column in ("url", "final_url")
            ),
            between("page_address_holds_no_secret", "secrets", 0, 0, "addresses with a token", "warn", BARE),
            found(
                "page_bytes_are_kept", "content_hash", "known_content", "its bytes are not in raw", "warn",
                "The next run reads it again; where it comes back, report it with the address.",
            ),
            between(
                "page_that_was_read_has_words", "words", 1, None, "a page without text", "warn",
                "A page that shows its words only by script cannot be read here: register one that has them.",
            ),
            between("page_prices_are_amounts", "odd_prices", 0, 0, "prices that are no amount", "warn", PARSER),
            between("page_prices_have_a_currency", "bare_prices", 0, 0, "prices of no currency", "warn", PARSER),
        ],
    )  # fmt: skip
