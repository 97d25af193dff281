"""Without a model an ad is read by its own words: every quote exact, residue never quoted, never an error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from counterpitch.pillars import extractive

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
