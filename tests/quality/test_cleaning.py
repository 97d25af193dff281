"""What nobody said to a customer goes, and nothing else."""

from __future__ import annotations

import csv
import gzip
import html
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from counterpitch.quality.cleaning import CLEANING, clean, compose, count_words, language_of, read_text
from counterpitch.sources.importing import import_ads
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.sources.ads import TODAY, ad, run_day, write_ads

RESIDUE = re.compile(r"\d:\d\d ?/ ?\d+:\d\d|see details|low impression count", re.IGNORECASE)
BARE_DOMAIN = re.compile(r"(?im)^\s*(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?\s*$")


@pytest.mark.parametrize(
    ("scraped", "cleaned"),
    [
        ("Talk.\n0:00 / 0:38\nITUNES.APPLE.COM\nSpeak now\nSee details", "Talk.\n\nSpeak now"),
        ("Early!‼️ Low impression count", "Early!‼️"),
        ("Avance já 💯 QUIZ.APPEWA.COM Comece agora👉 See details", "Avance já 💯\nComece agora👉"),
        ("Try it\nPLAY.GOOGLE.COM/STORE/APPS/DET...\nFree", "Try it\n\nFree"),
        ("Started running on 3 Jun 2026 · Total active time 11 hrs", ""),
        ("Library ID: 1023245760066359", ""),
        ("Sorry, we're having trouble with playing this video.\nLearn more", "Learn more"),
        ("Speak now\n0:00 / 0:36\nSTART.PRAKTIKA.AI\npraktika.iza\nSee details", "Speak now"),
        ("\u2066englishtest.duolingo.com\u2069", ""),
        ("MYSIVI.AI MySivi Pe English Seekhna", "MySivi Pe English Seekhna"),
        ("See summary details\nOpen Dropdown\n{{product.name}}\nHi there", "Hi there"),
        ("Good\nwww.speak.com\nLearn more", "Good\n\nLearn more"),
        ("&lt;b&gt;Bold&lt;/b&gt; &amp;amp; more", "Bold & more"),
        ("<p>Speak <b>now</b></p><br/>Free<script>alert(1)</script>", "Speak now\n\nFree"),
        ("Practice &amp; improve", "Practice & improve"),
        ("ఇన్\\u200cస్టాల్", "ఇన్\u200cస్టాల్"),
        ("a\x07b\x00c\ufffd", "abc"),
        ("  too   many \t spaces \n\n\n\n here ", "too many spaces\n\nhere"),
        ("Two\r\nlines", "Two\nlines"),
    ],
)
def test_residue_goes(scraped: str, cleaned: str) -> None:
    assert clean(scraped) == cleaned


@pytest.mark.parametrize(
    "said",
    [
        "Visit speak.com today and see details of the offer",
        "Only 0.99 a day. 50% off.",
        "Read 10:30 / 11:30 as half past ten",
        "3 < 5 and 7 > 2, so x<y",
        "Low impression counts are no problem",
        "Talk out loud. Get feedback.",
        "⭐️⭐️⭐️⭐️⭐️ 4.8 / 5",
        "👨‍👩‍👧 family plan",
        "Mr. Smith loves A.I. tutors",
        "=cmd|' /C calc'!A0",
        "https://bit.ly/4pWPBEV",
        "Visit example.com today",
        "Visit EXAMPLE.COM today",
        "GO TO SPEAK.COM NOW",
        "Sign up 👉🏻 SPEAK.COM now",
        "SPEAK.COM is where you talk",
        "Doors open at 10:30",
        "10:30 / 18:00",
        "At 0:00 the offer ends",
        "$9.99 / month, was $19.99",
        "1/2 price",
        "See details in our shop",
        "Please see details below",
        "We mend the Low impression count of your ads",
        "Started running on 5 km a day",
        "Library ID: ask at the desk",
        "Just.Do.It",
        "Dr.No",
        "Fast.Easy.Free",
        "Node.js",
        "play.learn.grow",
        "No.1 in Spain",
        "a <b and c> d",
        "I <heart> you",
        "{{name}} wins",
    ],
)
def test_what_an_advertiser_says_stays(said: str) -> None:
    assert clean(said) == said


SAID = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zs", "Zl", "Zp"]), min_size=1, max_size=12)
GOES = [
    "0:00 / 0:38",
    "See details",
    "Low impression count",
    "SPEAK.COM",
    "Library ID: 1023245760066359",
    "quiz.appewa.com",
]


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from([*GOES, "&amp;lt;b&gt;", "\\u0041", "<b>", "\n", "a"])).map("".join)
)
def test_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert all(letter == "\n" or letter >= " " for letter in once)


@given(st.lists(st.lists(SAID, min_size=1, max_size=5), min_size=1, max_size=4), st.data())
def test_residue_goes_wherever_it_stands_and_nothing_else_goes(lines: list[list[str]], data: st.DataObject) -> None:
    said = [" ".join(["We", *words, "."]) for words in lines]
    assume(all(clean(line) == line for line in said))
    planted = list(said)
    for residue in data.draw(st.lists(st.sampled_from(GOES), max_size=4)):
        planted.insert(data.draw(st.integers(0, len(planted))), residue)
    assert clean("\n".join(planted)).split() == "\n".join(said).split()


def test_the_text_as_it_was_scraped_stays_in_raw(conn: Connection, tmp_path: Path) -> None:
    import_ads(write_ads(tmp_path / "ads.csv", [ad(body="Speak now, my friend.\n0:00 / 0:38\nSPEAK.COM")]), today=TODAY)
    run_day()
    [row] = query.rows(
        conn, "select payload ->> 'body' as raw, clean_text, cleaning from raw.ad_snapshot, core.ad_text"
    )
    assert row == {
        "raw": "Speak now, my friend.\n0:00 / 0:38\nSPEAK.COM",
        "clean_text": "Speak now, my friend.",
        "cleaning": CLEANING,
    }


def test_the_fields_of_an_ad_are_lines_and_none_is_said_twice() -> None:
    fields = ["Want to speak?\nLearn more", "Speak Like a Native", "", "Learn More"]
    assert compose(fields) == "Want to speak?\nLearn more\nSpeak Like a Native"


def test_scrapes_that_differ_in_residue_are_one_text() -> None:
    first = read_text("Speak now.\n0:00 / 0:38", None, None, "Install now")
    second = read_text("Speak now.\n0:00 / 0:11\nSPEAK.COM", None, "", "Install now")
    other = read_text("Speak now!", None, None, "Install now")
    assert first is not None
    assert second is not None
    assert other is not None
    assert first.text_hash == second.text_hash != other.text_hash
    assert first.clean_text == "Speak now.\nInstall now"
    assert first.readable


def test_a_text_of_residue_alone_is_no_text() -> None:
    assert read_text("0:00 / 0:38\nSee details", " ", None, None) is None


@pytest.mark.parametrize(
    ("text", "words"), [("Don't be shy", 3), ("英語を話そう", 3), ("!!! 👉", 0), ("one two  3", 3)]
)
def test_words_are_counted_in_any_script(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Learn a language in ten minutes a day", "en"),
        ("Lerne Spanisch in zehn Minuten am Tag", "de"),
        ("Teste une nouvelle méthode dès aujourd'hui", "fr"),
        ("何度も英語の勉強を諦めたことがあるなら", "ja"),
        ("MySivi తో ఇంగ్లీష్ నేర్చుకోండి", "te"),
        ("Hi!", "und"),
        ("👉👉👉", "und"),
    ],
)
def test_the_language_is_told_or_said_to_be_unknown(text: str, code: str) -> None:
    assert language_of(text) == code


REAL = {
    "facebook_ads": (11_047, ["ad_primary_text", "ad_description", "ad_cta_label", "version_primary_text",
                              "version_description", "version_cta_label"]),
    "google_ads": (2_335, ["ad_headline", "ad_description", "ad_cta_text", "ad_overlay_text"]),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_no_residue_is_left_in_real_ads_and_their_words_are_kept(real_data: Path, name: str) -> None:
    count, columns = REAL[name]
    path = real_data / "competitor_ads" / f"{name}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == count
    for text in {row[column] for row in rows for column in columns}:
        cleaned = clean(text)
        assert clean(cleaned) == cleaned, text
        assert not RESIDUE.search(cleaned), text
        assert not BARE_DOMAIN.search(cleaned), text
        said = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text.replace("\ufffd", ""))
        gone = Counter(html.unescape(said).split()) - Counter(cleaned.split())
        assert all(_furniture(word.strip("\u2066\u2069")) for word in gone), (text, gone)


SENTENCES = """
    Sorry, we're having trouble with playing this video. Low impression count See details See Details
    Started running on 1 Jan Feb Mar Apr May Jun Jul 2025 2026 · Total active time hrs Library ID: / praktika.iza
    its.leeeun englishwith.martu engl.ishwithemma
    Some controls cannot be shown due to the small ad.You can see it in fullscreen mode.
"""
FURNITURE = set(SENTENCES.split())


def _furniture(word: str) -> bool:
    number_or_clock_or_domain_or_handle = (
        r"\d{1,2}|\d{15,17}|\d:\d\d|[A-Z0-9-]+(\.[A-Z0-9-]+)+(/\S*)?|[a-z0-9_]+(\.[a-z0-9_]+)+"
    )
    return word in FURNITURE or bool(re.fullmatch(number_or_clock_or_domain_or_handle, word))
