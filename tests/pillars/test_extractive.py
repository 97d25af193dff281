"""Without a model an ad is read by its own words: every quote exact, residue never quoted, never an error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.pillars import extractive, features, product, weights
from counterpitch.pillars.schema import FIELDS, TONES

AD = """Tired of losing receipts?
✅ Scans every receipt in seconds
✅ Exports to your accountant
Perfect for freelancers and small shops.
0:00 / 0:38
TIDYBOOKS.EXAMPLE.COM
Try Tidybooks free for 30 days
Learn more"""


def test_each_part_of_a_plain_ad_finds_its_field() -> None:
    reading = extractive.read(AD)
    said = {(e.field, e.quote) for e in reading.evidence}
    assert any(field == "customer_need" and "losing receipts" in str(quote) for field, quote in said)
    assert any(field == "product_feature" and "Scans every receipt" in str(quote) for field, quote in said)
    assert any(field == "target_audience" and "freelancers" in str(quote) for field, quote in said)
    assert any(field == "offer" and "free for 30 days" in str(quote) for field, quote in said)
    assert not any("0:00" in str(quote) or "EXAMPLE" in str(quote) for _, quote in said)


def test_an_ad_with_nothing_but_residue_says_nothing() -> None:
    assert extractive.read("0:00 / 0:38\nLow impression count\nSee details").empty
    assert extractive.read("").empty


def test_a_field_on_which_the_whole_ad_looks_silent_is_not_quoted_however_likely_its_words() -> None:
    def fields(silent: dict[str, dict[str, float]]) -> set[str]:
        return {e.field for e in extractive.read(AD, replace(weights.shipped(), silent=silent)).evidence}

    said = fields({})
    assert {"customer_need", "product_feature"} < said
    assert fields({"bias": {"customer_need": 1.0, "product_feature": -1.0}}) == said - {"customer_need"}
    assert fields({"bias": {"customer_need": 1.0}, "d:receipts": {"customer_need": -1.5}}) == said
    assert extractive.read(AD, replace(weights.shipped(), silent={"bias": dict.fromkeys(FIELDS, 1.0)})).empty


@given(st.text(max_size=400))
def test_every_quote_is_the_ads_own_words_whatever_the_ad(text: str) -> None:
    reading = extractive.read(text)
    assert reading.dropped == 0
    for e in reading.evidence:
        if e.quote is None:
            assert (e.field, e.start, e.end) == ("target_audience", None, None), "only an audience may be implied"
        else:
            assert text[e.start : e.end] == e.quote
        assert e.value


@pytest.mark.parametrize(
    ("text", "product"),
    [
        (AD, "Tidybooks"),
        ("Meet Lingolark. Learn Spanish through songs.\nLINGOLARK.EXAMPLE.COM\nTry Lingolark now", "Lingolark"),
        ("no capital letter, no name", None),
    ],
)
def test_the_product_is_the_name_that_the_ad_sells(text: str, product: str | None) -> None:
    assert extractive.read(text).product == product


def test_the_tone_is_heard_in_the_words() -> None:
    told = "I spoke to no one for a year. I started with Tia, and now I order coffee in Polish."
    plain = "Book a cleaning online. Open Monday to Friday, 9 to 5. Call 555 0100."
    assert (extractive.read(told).tone, extractive.read(plain).tone) == ("testimonial", "informative")
    assert extractive.read(AD).tone in TONES


def test_a_name_without_the_order_before_it_is_the_product() -> None:
    names = product.candidates(features.cut("Try Tidybooks today. TIDYBOOKS.EXAMPLE\nTidybooks helps shops."))
    assert {"Try Tidybooks", "Tidybooks"} <= set(names)
    assert all(len(seen) == len(set(seen)) for seen in names.values())
    assert product.of_ad(features.cut("Try Tidybooks"), {"bias": 5.0}) == "Tidybooks"


@pytest.mark.parametrize(
    "ad",
    [
        "Endlich wieder durchschlafen! Unser Kissen stützt Nacken und Schultern. Jetzt 20% Rabatt sichern.",
        "Müde vom Kochen? Wir liefern frische Zutaten direkt nach Hause. Für Familien mit wenig Zeit.",
        "Basta mal di schiena! Il nostro materasso ti sostiene tutta la notte. Ordina oggi con spedizione gratuita.",
        "Impara l'inglese parlando con insegnanti veri. Prova gratis per sette giorni.",
        "Вы мечтаете говорить по-английски без страха? Занимайтесь с преподавателем онлайн. Первый урок бесплатно.",
        "Устали от беспорядка? Наш органайзер поможет сохранить порядок дома. Закажите со скидкой 30%.",
    ],
)
def test_in_another_language_a_value_is_the_quotes_own_words(ad: str) -> None:
    quoted = [evidence for evidence in extractive.read(ad).evidence if evidence.quote]
    assert quoted
    for evidence in quoted:
        own = set(features.quoted_words(str(evidence.quote)))
        assert set(features.quoted_words(evidence.value)) <= own, evidence.value
