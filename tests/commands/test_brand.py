"""`counterpitch brand add`: a brand is told what it is collected from, or that it collects nothing."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from counterpitch import brands
from counterpitch.cli import app
from counterpitch.commands.brand import SOURCE_OF
from counterpitch.sources.readers import READERS
from counterpitch.sources.results import LAYOUT
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

LIBRARY = ("--reader", "meta_ad_library")


def _add(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["brand", "add", *arguments])


def _feeds(conn: Connection) -> list[tuple[str, str, str, dict[str, str]]]:
    found = query.rows(conn, "select brand_id, source, kind, options from core.feed order by 1, 2, 3")
    conn.commit()
    return [(row["brand_id"], row["source"], row["kind"], row["options"]) for row in found]


def test_every_reader_can_be_asked_for() -> None:
    assert set(SOURCE_OF) == {*READERS, LAYOUT}


def test_a_brand_is_collected_by_a_reader_from_its_pages(conn: Connection) -> None:
    for _ in range(2):
        done = _add("Acme", "--page", "meta:11", "--page", "meta:12", *LIBRARY, "--connection", "meta_eu")
        assert "counterpitch backfill --brand acme" in done.output
    assert _feeds(conn) == [("acme", "meta", "ads", {"reader": "meta_ad_library", "connection": "meta_eu"})]
    assert brands.pages_of(conn, "meta") == {"11": "acme", "12": "acme"}


def test_a_brand_in_no_market_is_told_how_to_get_into_one(conn: Connection) -> None:
    assert "add --market NAME" in _add("Acme", *LIBRARY, "--page", "meta:11").output
    assert "no market" not in _add("Our Shoes", "--market", "shoes", "--against", "acme").output
    assert "no market" not in _add("Acme").output
    conn.commit()


def test_each_platform_has_a_connection_of_its_name(conn: Connection) -> None:
    _add("Acme", "--page", "tiktok:7", "--reader", "tiktok_ads", "--source", "tiktok", "--source", "google")
    assert _feeds(conn) == [
        ("acme", "google", "ads", {"reader": "files"}),
        ("acme", "tiktok", "ads", {"reader": "tiktok_ads", "connection": "tiktok"}),
    ]


def test_our_results_are_read_from_an_account_that_is_no_page(conn: Connection) -> None:
    done = _add("Acme", "--page", "meta:act_5", "--reader", "meta_insights", "--json")
    assert json.loads(done.output)["readers"] == ["meta_insights"]
    options = {"reader": "meta_insights", "connection": "meta", "account": "act_5"}
    assert _feeds(conn) == [("acme", "meta", "results", options)]
    assert brands.pages_of(conn, "meta") == {}


def test_pages_of_its_site_are_registered_by_their_address(conn: Connection) -> None:
    for _ in range(2):
        done = _add("Acme", "--page", "web:https://acme.example/a?b=1#top", "--reader", "web_pages")
        assert "what they said before is lost" in done.output.replace("\n", " ")
    assert _feeds(conn) == [("acme", "web", "pages", {"reader": "web_pages"})]
    assert brands.pages_of(conn, "web") == {"https://acme.example/a?b=1": "acme"}


def test_a_page_that_is_known_is_enough_and_files_take_over_when_told(conn: Connection) -> None:
    _add("Acme", "--page", "meta:11")
    assert _add("Acme", *LIBRARY).exit_code == 0
    _add("Acme", "--source", "meta")
    assert [feed[3]["reader"] for feed in _feeds(conn)] == ["meta_ad_library"]
    _add("Acme", "--source", "meta", "--reader", "files")
    assert [feed[3]["reader"] for feed in _feeds(conn)] == ["files"]


@pytest.mark.parametrize(
    ("reader", "page", "source", "kind"),
    [("meta_ad_library", "meta:11", "meta", "ads"), ("web_pages", "web:https://a.example/", "web", "pages"),
     ("meta_insights", "meta:act_5", "meta", "results")],
)  # fmt: skip
def test_what_was_set_for_a_reader_stays_when_it_is_named_again(
    conn: Connection, reader: str, page: str, source: str, kind: str
) -> None:
    _add("Acme", "--page", page, "--reader", reader)
    (before,) = (feed[3] for feed in _feeds(conn))
    with conn:
        brands.register_feed(conn, "acme", source, kind=kind, options={**before, "every": 5, "connection": "own"})
    _add("Acme", "--page", page, "--reader", reader)
    assert _feeds(conn) == [("acme", source, kind, {**before, "every": 5, "connection": "own"})]


def test_another_reader_begins_with_its_own_options(conn: Connection) -> None:
    _add("Acme", "--page", "meta:11", *LIBRARY, "--connection", "meta_eu")
    _add("Acme", *LIBRARY, "--connection", "meta_uk")
    assert _feeds(conn)[0][3] == {"reader": "meta_ad_library", "connection": "meta_uk"}
    _add("Acme", "--source", "meta", "--reader", "files")
    assert _feeds(conn)[0][3] == {"reader": "files"}


@pytest.mark.usefixtures("warehouse")
def test_a_brand_that_collects_nothing_is_told_so() -> None:
    assert "It collects nothing yet: import files" in _add("Acme").output
    assert "It collects nothing yet" in _add("Acme", "--page", "meta:11").output
    assert "It reads imported files only" in _add("Acme", "--source", "meta").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--page", "11", *LIBRARY), "is not SOURCE:ID"),
        (("--page", "meta:", *LIBRARY), "is not SOURCE:ID"),
        (("--page", "meta:acme.shoes", *LIBRARY), "by its number"),
        (("--page", "tiktok:act_5", "--reader", "tiktok_ads"), "by its number"),
        (LIBRARY, "add --page meta:1234567890"),
        (("--page", "tiktok:7", *LIBRARY), "add --page meta:1234567890"),
        (("--page", "web:acme.example", "--reader", "web_pages"), "is no address of a page"),
        (("--page", "web:https://me:pw@acme.example/", "--reader", "web_pages"), "is no address of a page"),
        (("--page", "web:https://acme.example:port/", "--reader", "web_pages"), "is no address of a page"),
        (("--page", "web:https://acme.example:99999/", "--reader", "web_pages"), "is no address of a page"),
        (("--page", "web:https://xn--a/", "--reader", "web_pages"), "is no address of a page"),
        (("--reader", "web_pages"), "add --page web:https://acme.example/pricing"),
        (("--page", "web:https://a.example", "--reader", "web_pages", "--connection", "x"), "needs a --reader"),
        (("--reader", "spy"), "There is no reader spy. Choose from: files,"),
        (("--reader", "files"), "needs --source"),
        (("--source", "google", "--page", "meta:11", *LIBRARY), "asks meta, not google"),
        (("--page", "meta:act_5", *LIBRARY), "is an ad account"),
        (("--page", "meta:5", "--reader", "meta_insights"), "needs one ad account"),
        (("--connection", "meta"), "--connection needs a --reader"),
        (("--page", "meta:11", *LIBRARY, "--connection", "EAAB" * 40), "not the token"),
        (("--page", "meta:99", *LIBRARY), "belongs to globex already"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line_and_registers_nothing(
    conn: Connection, arguments: tuple[str, ...], said: str
) -> None:
    _add("Globex", "--page", "meta:99")
    done = _add("Acme", *arguments)
    assert done.exit_code == 1
    assert done.output.startswith("Failed. ")
    assert len(done.output.splitlines()) == 1
    assert said in done.output
    assert brands.registered(conn) == ["globex"]


def test_a_market_that_is_named_again_keeps_its_competitors(conn: Connection) -> None:
    _add("Globex")
    _add("Acme", "--market", "Shoes", "--against", "globex")
    _add("Acme", "--market", "Shoes")
    assert brands.markets_of(conn, ["globex"]) == ["shoes"]
