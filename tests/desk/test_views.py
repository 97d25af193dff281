"""The Desk through its front door: what a marketer sees, on a real Postgres with a small seeded market."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg2
import pytest
from fastapi.testclient import TestClient

from counterpitch.desk import queries
from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import connect
from tests.desk.page import Page, read

PAGES = [
    "",
    "/ads",
    "/ads/files:bean-co-0",
    "/personas",
    "/gaps",
    "/gaps/p-parents/h-patience",
    "/briefs",
    "/briefs/b-1",
    "/what-if",
    "/data-quality",
]


def test_the_front_door_leads_to_the_newest_day(desk: TestClient, at: str) -> None:
    answer = desk.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/counterpitch{at}")


def test_a_day_without_a_sweep_leads_to_the_one_before_it(desk: TestClient) -> None:
    def sent(**chosen: str) -> str:
        return desk.get("/go", params=chosen, follow_redirects=False).headers["location"]

    assert sent(market="coffee", day="2027-01-01", view="ads").endswith("/2026-11-20/ads")
    assert sent(market="coffee", day="2026-11-19").endswith("/2026-11-19")
    assert sent(market="coffee", day="1999-01-01", view="//evil.example").endswith("/2026-11-20")


def test_the_overview_says_the_market_in_figures(desk: TestClient, at: str) -> None:
    page = read(desk, at)
    assert "2 competitors of Kaffa run 22 ads on 20 Nov 2026; 2 new and 2 gone since the sweep before" in page.text
    assert "Kaffa runs 11 ads" in page.text
    assert "33%" in page.text


def test_the_overview_says_how_far_to_trust_the_prediction(desk: TestClient, at: str) -> None:
    text = read(desk, at).text
    assert "names the better one 66 times in 100 (61 to 71)" in text
    assert "It learnt from Kaffa's own results" in text


def test_the_overview_leaves_out_ads_without_words(desk: TestClient, at: str) -> None:
    assert "No words to read" not in read(desk, at).text


def test_a_market_without_own_messages_says_why_it_compares_nothing(
    empty_desk: TestClient, at: str, warehouse: str, seeding: Callable[..., None]
) -> None:
    with connect(warehouse) as conn:
        seeding(conn)
        query.execute(conn, "update mart.gap set our_total = 0")
    assert "None of Kaffa's own ads was read by then" in read(empty_desk, at + "/gaps").text


def test_prediction_and_proxy_are_named_and_apart(desk: TestClient, at: str) -> None:
    text = read(desk, at).text
    assert "Prediction. The click-through rate if the ad ran for Kaffa" in text
    assert "Proxy. An ad that is paid for day after day" in text


@pytest.mark.parametrize("path", PAGES)
def test_a_planted_script_is_text_on_every_page(desk: TestClient, at: str, path: str) -> None:
    page = read(desk, at + path)
    assert {str(script["src"]) for script in page.found("script")} == {
        "/counterpitch/static/theme.js",
        "/counterpitch/static/desk.js",
    }
    assert not page.found("img")
    assert not page.found("style")
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert not str(attributes.get("href", "")).lower().startswith("javascript:")


def test_the_planted_words_can_be_read(desk: TestClient, at: str) -> None:
    assert "<script>document.title='owned'</script> Wake up" in read(desk, at + "/ads?state=all").text


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_what_is_not_ours(desk: TestClient, at: str, path: str) -> None:
    policy = desk.get(at + path).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy


@pytest.mark.parametrize("path", PAGES)
def test_every_address_on_a_page_is_under_the_desks_own_prefix(desk: TestClient, at: str, path: str) -> None:
    page = read(desk, at + path)
    loaded = [tag.get("src") or tag.get("href") for tag in [*page.found("script"), *page.found("link")]]
    assert all(str(address).startswith("/counterpitch/static/") for address in loaded)
    for link in page.found("a"):
        own = str(link["href"]).startswith(("/counterpitch/", "#"))
        assert own or (link.get("rel"), link.get("class")) == ("noopener noreferrer", "outside")
    assert all(str(form["action"]).startswith("/counterpitch/") for form in page.found("form"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_used_without_eyes(desk: TestClient, at: str, path: str) -> None:
    page = read(desk, at + path)
    assert page.found("html")[0]["lang"] == "en"
    assert len(page.found("h1")) == 1
    assert page.tags.count(("main", {"id": "content", "tabindex": "-1"})) == 1
    names = [tag["id"] for _, tag in page.tags if "id" in tag]
    assert len(names) == len(set(names))
    assert all(tag["aria-labelledby"] in names for _, tag in page.tags if "aria-labelledby" in tag)
    assert all(tag.get("scope") for tag in page.found("th"))


def test_links_within_the_desk_work(desk: TestClient, at: str) -> None:
    links = {str(a["href"]) for path in PAGES for a in read(desk, at + path).found("a")}
    own = sorted(link.removeprefix("/counterpitch") for link in links if link.startswith("/counterpitch"))
    assert len(own) > 20
    for link in own:
        assert desk.get(link).status_code == 200, link


def test_quotes_are_marked_where_they_stand_and_numbered(desk: TestClient, at: str) -> None:
    html = desk.get(at + "/ads/files:bean-co-0").text
    assert "<mark>coffee that </mark>" in html
    assert '<mark class="twice">forgives a cold cup</mark>' in html
    assert 'href="#pillar-3"' in html


def test_an_ad_shows_its_reasons_and_no_link_that_is_a_script(desk: TestClient, at: str) -> None:
    page = read(desk, at + "/ads/files:bean-co-2")
    assert "+0.20 says “free”" in page.text
    assert "See the ad in its library" in page.text
    assert "Its landing page" not in page.text


def test_an_ad_without_words_says_so(desk: TestClient, at: str) -> None:
    assert "No words to read" in read(desk, at + "/ads/files:bean-co-5").text


def test_the_list_groups_copies_and_can_show_each_ad(desk: TestClient, at: str) -> None:
    assert "1 to 6 of 6 texts, which 11 ads carry" in read(desk, at + "/ads?brand=kaffa").text
    assert "1 to 11 of 11 ads" in read(desk, at + "/ads?brand=kaffa&each=true").text


@pytest.mark.parametrize(
    ("asked", "count"),
    [("state=new", 1), ("state=stopped", 1), ("state=all", 12), ("state=all&words=FARMER", 2), ("words=%25", 0)],
)
def test_the_list_can_be_narrowed(desk: TestClient, at: str, asked: str, count: int) -> None:
    text = read(desk, at + f"/ads?brand=kaffa&each=true&{asked}").text
    assert (f"of {count} ad" in text) if count else ("No ad matches" in text)


@pytest.mark.parametrize("sort", ["ctr", "longest", "newest", "reach"])
def test_the_list_can_be_sorted(desk: TestClient, at: str, sort: str) -> None:
    assert read(desk, at + f"/ads?sort={sort}").found("table")


def test_the_matrix_carries_figures_kinds_and_colour(desk: TestClient, at: str) -> None:
    page = read(desk, at + "/gaps")
    assert "White space. They 18% , we 0%" in page.text
    classes = [str(cell.get("class")) for cell in page.found("td")]
    assert {"h2", "h-4", "thin"} <= set(classes)


def test_a_cell_shows_who_says_what(desk: TestClient, at: str) -> None:
    text = read(desk, at + "/gaps/p-parents/h-patience").text
    assert "18 of 100 messages" in text
    assert "Bean & Co 30.0% 18 of 60" in text
    assert "coffee that forgives a cold cup" in text
    assert "−18 points, 95% interval −23 to −13" in text


def test_data_quality_says_what_was_found_held_and_what_to_do(desk: TestClient, at: str) -> None:
    page = read(desk, at + "/data-quality")
    assert "3 of 3 sweeps read, 13 rows, 1 held back, 1 warning." in page.text
    assert "Warning Bean & Co on files : ads over the median" in page.text
    assert "Found 12 ads, median before 90 · asked 0.25 to 4" in page.text
    assert "Compare with <the> page, run again." in page.text
    assert "reach must lie between <b>-1</b> reach_is_plausible" in page.text


def test_data_quality_counts_what_was_read_for_pillars_and_what_was_left_out(
    empty_desk: TestClient, at: str, warehouse: str, seeding: Callable[..., None]
) -> None:
    with connect(warehouse) as conn:
        seeding(conn)
        why = "budget: $4.99 of $5.00 is spent <today>. The rest stays pending."
        query.execute(
            conn,
            "update mart.reading set status = 'pending', reason = %(why)s, mentions = 0 where text_hash = 't2'",
            {"why": why},
        )
    text = read(empty_desk, at + "/data-quality").text
    assert "texts read by extractive" in text
    assert "1 text left out by extractive : budget" in text
    assert "$4.99 of $5.00 is spent <today>" in text


def test_a_day_nobody_looked_at_has_no_quality_to_show(desk: TestClient) -> None:
    page = read(desk, "/m/coffee/2026-11-02/data-quality")
    assert "Nothing was checked on this day" in page.text
    assert "counterpitch backfill --from 2026-11-02" in page.text


def test_a_run_that_was_stopped_says_so_first(
    empty_desk: TestClient, at: str, warehouse: str, seeding: Callable[..., None]
) -> None:
    with connect(warehouse) as conn:
        seeding(conn)
        query.execute(conn, "update ops.validation_result set level = 'stop', brand_id = '' where not success")
        query.execute(
            conn, "update ops.coverage set state = 'failed', message = 'Renew it.' where brand_id = 'bean-co'"
        )
    text = read(empty_desk, at + "/data-quality").text
    assert "2 of 3 sweeps read" in text
    assert "The run was stopped" in text
    assert "Stopped the run All brands on files" in text
    assert "Could not be read Renew it." in text


def test_a_day_that_was_lost_is_shown_as_lost(
    empty_desk: TestClient, at: str, warehouse: str, seeding: Callable[..., None]
) -> None:
    with connect(warehouse) as conn:
        seeding(conn)
        query.execute(conn, "update ops.coverage set state = 'lost', message = 'Nobody asked.', rows = 0")
        query.execute(conn, "delete from ops.validation_result where not success")
        query.execute(conn, "delete from ops.quarantine")
    text = read(empty_desk, at + "/data-quality").text
    assert "Lost for good Nobody asked." in text
    assert "Every rule held" not in text


def test_an_early_day_does_not_see_later_insights(desk: TestClient) -> None:
    assert "No briefs yet" in read(desk, "/m/coffee/2026-11-19/briefs").text
    assert "No gaps yet" in read(desk, "/m/coffee/2026-11-19/gaps").text
    assert "No personas yet" in read(desk, "/m/coffee/2026-11-19/personas").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/m/nowhere/2026-11-20", 404),
        ("/m/coffee/2026-13-40", 422),
        ("/m/coffee/2026-11-20/ads/files:nobody", 404),
        ("/m/coffee/2026-11-20/ads?sort=price", 422),
        ("/m/coffee/2026-11-20/gaps/x/y", 404),
        ("/m/coffee/2026-11-20/briefs/x", 404),
        ("/static/../app.py", 404),
        ("/static/app.py", 404),
        ("/openapi.json", 404),
    ],
)
def test_what_is_not_there_is_said_in_words(desk: TestClient, path: str, status: int) -> None:
    answer = desk.get(path)
    assert answer.status_code == status
    assert "Nothing here" in Page(answer.text).text
    assert "content-security-policy" in answer.headers


def test_an_empty_warehouse_says_what_to_do(empty_desk: TestClient) -> None:
    text = read(empty_desk, "/").text
    assert "No market yet" in text
    assert "counterpitch run" in text


def test_a_market_that_was_never_swept_says_what_to_do(empty_desk: TestClient, warehouse: str) -> None:
    with connect(warehouse) as conn:
        query.execute(conn, "insert into core.brand (brand_id, name) values ('a', 'A')")
        query.execute(conn, "insert into core.market (market_id, name, own_brand_id) values ('m', 'M', 'a')")
        query.execute(conn, "insert into core.market_brand values ('m', 'a', 'own')")
    assert "counterpitch import" in read(empty_desk, "/").text
    for path in PAGES[:2]:
        assert empty_desk.get("/m/m/2026-11-20" + path).status_code == 200


def test_a_warehouse_that_is_down_says_what_to_start(empty_desk: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERPITCH_DESK_URL", "postgresql://nobody@/none?host=/nowhere")
    settings.cache_clear()
    answer = empty_desk.get("/")
    assert answer.status_code == 503
    assert "make run" in answer.text
    assert "nobody" not in answer.text


def test_a_warehouse_without_tables_says_what_to_run(empty_desk: TestClient, warehouse: str) -> None:
    with connect(warehouse) as conn:
        query.execute(conn, "drop schema core cascade")
    answer = empty_desk.get("/")
    assert answer.status_code == 503
    assert "counterpitch migrate" in answer.text


def test_the_desk_cannot_write(warehouse: str) -> None:
    with queries.snapshot() as conn, pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        query.execute(conn, "create table public.x ()")


def test_ten_thousand_ads_stay_quick(
    empty_desk: TestClient, warehouse: str, at: str, seeding: Callable[..., None]
) -> None:
    """A guard against a query that goes quadratic, not a benchmark: the bound is many times what it takes."""
    with connect(warehouse) as conn:
        seeding(conn, ads_per_brand=4000)
        query.execute(conn, "analyze")
    for path in ("", "/ads", "/ads?each=true&sort=newest&page=200", "/ads?words=roast"):
        began = time.monotonic()
        answer = empty_desk.get(at + path)
        assert answer.status_code == 200
        assert time.monotonic() - began < 30
        assert len(answer.content) < 150_000


def test_what_if_without_a_model_says_what_to_do(desk: TestClient, at: str) -> None:
    assert "Nothing asked yet" in read(desk, f"{at}/what-if").text
    asked = read(desk, f"{at}/what-if?text=Tired+of+cold+coffee%3F")
    assert "There is no CTR model yet" in asked.text
    assert desk.get(f"{at}/what-if", params={"text": "x" * 2001}).status_code == 422
