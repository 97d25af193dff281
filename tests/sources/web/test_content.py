"""What stands on a page: text, statements, products with prices; real pages as extruct itself expects them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpitch.sources.web.content import claims, read_page, structured
from counterpitch.sources.web.products import amount, currency, products

HTML = "text/html; charset=utf-8"


def page(folder: Path, name: str) -> bytes:
    plain = folder / "html_pages" / f"{name}.html"
    return plain.read_bytes() if plain.exists() else gzip.decompress(plain.with_suffix(".html.gz").read_bytes())


def with_data(*items: object, head: str = "") -> bytes:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(item)}</script>' for item in items)
    return f"<html lang='de-AT'><head>{head}{scripts}</head><body><h1>Ein Titel</h1></body></html>".encode()


@pytest.mark.real_data
class TestRealPages:
    @pytest.mark.parametrize(
        ("name", "syntax"),
        [("extruct_schema.org_product", "microdata"), ("extruct_misc_opengraph_ns_product_test", "opengraph")],
    )
    def test_what_extruct_expects_is_what_is_found(self, real_data: Path, name: str, syntax: str) -> None:
        expected = json.loads((real_data / "html_pages" / f"{name}.expected.json").read_text())
        found = structured(page(real_data, name).decode())
        assert json.loads(json.dumps(found[syntax])) == expected

    def test_a_page_of_several_syntaxes(self, real_data: Path) -> None:
        name = "extruct_songkick_elysianfields"
        expected = json.loads((real_data / "html_pages" / f"{name}.expected.json").read_text())
        address = "http://www.songkick.com/artists/236156-elysian-fields"
        found = json.loads(json.dumps(structured(page(real_data, name).decode(), address)))
        assert {syntax: found[syntax] == expected[syntax] for syntax in found} == dict.fromkeys(found, True)

    @pytest.mark.parametrize(
        ("name", "product"),
        [
            ("extruct_schema.org_product", ("Executive Anvil", 119.99, "USD", "microdata")),
            ("extruct_misc_product_microdata", None),
            ("extruct_misc_opengraph_ns_product_test", ("Better Off Dead", 17.99, "USD", "microdata")),
        ],
    )
    def test_products_have_their_price(
        self, real_data: Path, name: str, product: tuple[str, float, str, str] | None
    ) -> None:
        found = read_page(page(real_data, name), HTML, "https://shop.example/").products
        assert found
        if product:
            told = [(each["name"], each.get("price"), each.get("currency"), each["said_in"]) for each in found]
            assert any(each[0].startswith(product[0]) and each[1:] == product[1:] for each in told), told

    @pytest.mark.parametrize(
        ("name", "says", "never"),
        [
            ("trafilatura_7mind.de.grenzen", "Grenzen", "Impressum"),
            ("trafilatura_bettycrocker.com.pineapple", "Pineapple", "Sign Up"),
            ("trafilatura_careelite.de-flaechenverbrauch", "Flächenverbrauch", "Warenkorb"),
            ("trafilatura_incurvy.de.wellness", "Wellness", "Impressum"),
            ("trafilatura_otto.de.twoforfashion", "Strohtasche", "Impressum"),
        ],
    )
    def test_the_main_text_is_read(self, real_data: Path, name: str, says: str, never: str) -> None:
        html = page(real_data, name)
        content = read_page(html, HTML, "https://shop.example/")
        assert never in html.decode()
        assert len(content.text) > 2000
        assert says in content.text
        assert "addEventListener" not in content.text
        assert never not in content.text
        assert content.title
        assert len(content.claims) > 10
        assert len(content.claims) == len(set(content.claims))


def test_claims_are_headings_and_sentences_each_once_without_questions() -> None:
    text = "Dinner in 20 minutes\nSave 40% now. Save 40% now. Are you tired? Then cook less.\nOK\n"
    text += "4.5 stars from 1,200 cooks."
    assert claims(text) == ["Dinner in 20 minutes", "Save 40% now.", "Then cook less.", "4.5 stars from 1,200 cooks."]


def test_a_product_that_several_syntaxes_describe_is_one() -> None:
    head = '<meta property="og:title" content="Anvil, buy now"><meta property="product:price:amount" content="119,99">'
    head += '<meta property="product:price:currency" content="EUR">'
    offer = {"price": "119.99", "priceCurrency": "EUR"}
    item = {"@type": "Product", "name": "Anvil", "brand": {"name": "ACME"}, "offers": offer}
    content = read_page(with_data(item, head=head), HTML, "https://shop.example/")
    told = {"name": "Anvil", "brand": "ACME", "price": 119.99, "currency": "EUR", "said_in": "json-ld"}
    assert content.products == [told]
    assert content.language == "de"


def test_products_inside_a_graph_and_ranges_of_prices_are_read() -> None:
    span = {"@type": "AggregateOffer", "lowPrice": 5, "highPrice": "9.50", "priceCurrency": "GBP"}
    plans = [{"price": 0, "priceCurrency": "USD"}, {"price": "2.99", "priceCurrency": "USD"}]
    app = {"@type": "SoftwareApplication", "name": "App", "offers": plans}
    graph = {
        "@graph": [
            {"@type": ["Thing", "Product"], "name": "Set", "offers": span},
            {"@type": "WebPage", "mainEntity": app},
            {"@type": "Product", "name": "No price"},
        ]
    }
    found = products(structured(with_data(graph).decode()))
    assert [(each["name"], each.get("price"), each.get("price_to"), each.get("currency")) for each in found] == [
        ("Set", 5.0, 9.5, "GBP"),
        ("App", 0.0, None, "USD"),
        ("App", 2.99, None, "USD"),
        ("No price", None, None, None),
    ]


def test_broken_json_on_a_page_costs_only_itself() -> None:
    html = with_data({"@type": "Product", "name": "Lost"}).replace(b'"Lost"', b'"Lost').replace(
        b"<h1>", b'<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Kept</b></div><h1>'
    )  # fmt: skip
    assert [each["name"] for each in read_page(html, HTML, "https://shop.example/").products] == ["Kept"]


def test_what_json_spells_out_and_postgres_cannot_keep_is_replaced() -> None:
    html = rb"""<html><head><title>A page</title><script type="application/ld+json">
        {"@type": "Product", "name": "Half an emoji \ud83d", "description": "a\u0000b", "offers": {"price": "1"}}
        </script></head><body><p>What stands here.</p></body></html>"""
    product = read_page(html, HTML, "https://shop.example/").products[0]
    assert (product["name"], product["description"]) == ("Half an emoji \ufffd", "a\ufffdb")


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("119.99", 119.99), ("119,99", 119.99), ("1,299.00", 1299.0), ("1.299,00 €", 1299.0), ("1,299", 1299.0),
        ("1 299,50", 1299.5), ("CHF 1'299.-", 1299.0), (5, 5.0), ("free", None), (None, None), (-1, None), (True, None),
    ],
)  # fmt: skip
def test_an_amount_is_read_in_the_spellings_of_shops(told: object, number: float | None) -> None:
    assert amount(told) == number


@pytest.mark.parametrize(
    ("code", "told", "iso"), [("eur", "1", "EUR"), (None, "12 €", "EUR"), (None, "$12", None), ("£", None, "GBP")]
)
def test_a_currency_is_told_and_never_guessed(code: str | None, told: str | None, iso: str | None) -> None:
    assert currency(code, told) == iso


def test_the_charset_of_the_header_and_of_the_page_are_obeyed() -> None:
    told = "<html><head><title>Größe</title></head><body><p>Die Größe passt immer genau.</p></body></html>"
    assert read_page(told.encode("latin-1"), "text/html; charset=iso-8859-1", "https://a.example/").title == "Größe"
    inside = told.replace("<head>", '<head><meta charset="iso-8859-1">')
    assert read_page(inside.encode("latin-1"), "text/html", "https://a.example/").title == "Größe"


PAGES = st.text(max_size=200).map(lambda text: f"<html><p>{text}</p>".encode("utf-8", "surrogatepass"))
NAMES = st.sampled_from(["@type", "offers", "name", "price", "brand", "@graph", "priceCurrency", "priceSpecification"])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
DATA = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | PAGES)
def test_any_bytes_give_a_content_that_can_be_stored(body: bytes) -> None:
    content = read_page(body, "text/html", "https://shop.example/")
    assert "\0" not in content.text
    assert len(content.claims) == len(set(content.claims))
    content.text.encode()


@given(DATA)
def test_any_data_for_machines_is_read_without_an_error(item: object) -> None:
    for each in products({"json-ld": [{"@type": "Product", "offers": item, "x": item}, item], "microdata": [item]}):
        assert each["said_in"] in {"json-ld", "microdata"}
        assert each.get("price") is None or each["price"] >= 0
