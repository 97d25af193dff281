"""What nobody said to a customer goes, and nothing else."""

from __future__ import annotations

import csv
import gzip
import html
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.quality.cleaning import clean, compose, count_words, language_of, read_text

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
        ("praktika.iza", ""),
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
    ],
)
def test_what_an_advertiser_says_stays(said: str) -> None:
    assert clean(said) == said


@given(st.text(max_size=200))
def test_cleaning_leaves_no_control_characters_and_no_residue(text: str) -> None:
    cleaned = clean(text + "\n0:00 / 0:38\nSEE DETAILS\nSTART.PRAKTIKA.AI\n")
    assert not RESIDUE.search(cleaned) or RESIDUE.search(text)
    assert "PRAKTIKA" not in cleaned
    assert all(letter == "\n" or letter.isprintable() or not letter.isspace() for letter in cleaned if letter < " ")


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


def test_no_residue_is_left_in_real_ads_and_their_words_are_kept(real_data: Path) -> None:
    with gzip.open(real_data / "competitor_ads" / "facebook_ads.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        texts = {row[column] for row in csv.DictReader(stream) for column in ("ad_primary_text", "ad_description")}
    assert len(texts) > 1500
    for text in texts:
        cleaned = clean(text)
        assert not RESIDUE.search(cleaned), text
        assert not BARE_DOMAIN.search(cleaned), text
        gone = Counter(html.unescape(text.replace("\ufffd", "")).split()) - Counter(cleaned.split())
        assert all(_furniture(word) for word in gone), (text, gone)


SENTENCES = """
    Sorry, we're having trouble with playing this video. Low impression count See details See Details
    Started running on 1 Jan Feb Mar Apr May Jun Jul 2025 2026 · Total active time hrs Library ID: / praktika.iza
    its.leeeun englishwith.martu engl.ishwithemma
"""
FURNITURE = set(SENTENCES.split())


def _furniture(word: str) -> bool:
    number_or_clock_or_domain_or_handle = (
        r"\d{1,2}|\d{15,17}|\d:\d\d|[A-Z0-9-]+(\.[A-Z0-9-]+)+(/\S*)?|[a-z0-9_]+(\.[a-z0-9_]+)+"
    )
    return word in FURNITURE or bool(re.fullmatch(number_or_clock_or_domain_or_handle, word))
