"""The window: four weeks that end on the key, each brand's last sweeps in it, near-copies as one message."""

from __future__ import annotations

from counterpitch.personas.corpus import read_corpus
from counterpitch.warehouse.connection import Connection
from tests.personas.planted import MARKET, OWN, Planted, plant, register

SAID = [("customer_need", "dinner quickly")]


def test_a_brand_that_was_not_swept_today_still_speaks_and_nothing_later_does(conn: Connection) -> None:
    register(conn, (OWN, "alpha", "beta"))
    plant(
        conn,
        [
            Planted(OWN, SAID, ["2026-11-20"], words="ours, dinner quickly"),
            Planted("alpha", SAID, ["2026-11-01", "2026-11-10"], words="alpha in the window, dinner quickly"),
            Planted("alpha", SAID, ["2026-10-01", "2026-10-23"], words="alpha before the window, dinner quickly"),
            Planted("beta", SAID, ["2026-11-21"], words="beta after the key, dinner quickly"),
        ],
    )
    corpus = read_corpus(conn, MARKET, "2026-11-20")
    assert {(ad.brand_id, ad.running_days, ad.in_last_sweep) for ad in corpus.ads} == {
        (OWN, 1, True),
        ("alpha", 10, True),
    }
    assert corpus.last_sweeps == {OWN: "2026-11-20", "alpha": "2026-11-10"}
    assert corpus.totals == {OWN: 1, "alpha": 1, "beta": 0}


def test_an_ad_says_what_it_last_said_on_the_key(conn: Connection) -> None:
    register(conn, (OWN, "alpha"))
    plant(
        conn,
        [
            Planted("alpha", SAID, ["2026-11-10"], words="old words", ad_id="1"),
            Planted("alpha", SAID, ["2026-11-20"], words="new words", ad_id="1"),
        ],
    )
    for day, words in (("2026-11-19", "old words"), ("2026-11-20", "new words")):
        (ad,) = read_corpus(conn, MARKET, day).ads
        assert read_corpus(conn, MARKET, day).texts[ad.text_hash].clean_text == words


def test_near_copies_of_a_brand_are_one_message_and_of_two_brands_are_two(conn: Connection) -> None:
    register(conn, (OWN, "alpha"))
    body = "Dinner for four on the table in {} minutes, every night of the week, dinner quickly without a plan {}"
    copies = [Planted("alpha", SAID, words=body.format(n, mark)) for n, mark in ((15, "✅"), (20, "!"), (25, "…"))]
    other = Planted("alpha", SAID, words="Throw away less food, and still dinner quickly")
    plant(conn, [*copies, other, Planted(OWN, SAID, words=body.format(30, "now"))])
    assert read_corpus(conn, MARKET, "2026-11-20").totals == {"alpha": 2, OWN: 1}
