"""Nothing that we write, log, raise, return or show holds a secret, even where a platform says it back.

Planted: the tokens of Meta (ads and results), key and secret of TikTok, the token that TikTok gives, the password of
the warehouse, the API key of the language model. Then all of it is read: every table, every log line at DEBUG,
exceptions with what caused them, what tasks return, exported files, the Desk, the commands' output.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from counterpitch import brands, secrecy
from counterpitch.cli import app
from counterpitch.desk.app import create_app
from counterpitch.llm import batch, standin
from counterpitch.llm.asking import ModelRejected
from counterpitch.llm.client import Client, Limits
from counterpitch.llm.standin import StandIn, serving
from counterpitch.pillars.extract import read_partition
from counterpitch.pillars.modelled import Modelled
from counterpitch.pillars.prompts import Prompt
from counterpitch.quality.publish import validate_and_load
from counterpitch.settings import settings
from counterpitch.sources import readers, results
from counterpitch.sources.collect import CollectionFailed, collect_brand
from counterpitch.sources.credentials import credentials
from counterpitch.sources.http import Api
from counterpitch.sources.importing import import_files
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, WarehouseMisnamed, WarehouseUnreachable, connect
from tests.sources.ads import COLUMNS, DAY, TODAY, ad, write_ads

META = "EAAPlantedMeta|0a/b+c"
OWN = "EAAPlantedInsights"
TIKTOK, GIVEN = "planted-tiktok-secret", "clt.planted.given"
PASSWORD = "planted-warehouse-word"
MODEL = "sk-planted-model-key"
EXPORTED = "EAAPlantedInAnExport"
SECRETS = (META, OWN, TIKTOK, GIVEN, PASSWORD, MODEL, EXPORTED)
SPELT = {*SECRETS, quote(META, safe=""), META.replace("/", r"\/"), "PlantedMeta"}


def platform(request: httpx.Request) -> httpx.Response:
    """Platforms that quote what they were given: in addresses, in texts, in errors, in a header."""
    told = request.headers.get("authorization", "").removeprefix("Bearer ")
    if request.url.path.endswith("/oauth/token/"):
        if b"refused-key" in request.content:
            no = {"error": "invalid_client", "error_description": f"No app has {request.content.decode()} {TIKTOK}"}
            return httpx.Response(401, json=no)
        return httpx.Response(200, json={"access_token": GIVEN, "expires_in": 7200})
    if "adlib/ad/query" in request.url.path:
        shown: dict[str, Any] = {
            "id": 7,
            "first_shown_date": 20261101,
            "last_shown_date": 20261120,
            "note": f"{told} {TIKTOK}",
        }
        data: dict[str, Any] = {"ads": [{"ad": shown, "advertiser": {"business_id": 69}}], "has_more": False}
        return httpx.Response(200, json={"data": data, "error": {"code": "ok"}})
    if "adlib" in request.url.path:
        said = {"error": {"code": "internal_error", "message": f"no detail for {told}"}}
        return httpx.Response(500, json=said, headers={"x-seen": told})
    if "ads_archive" not in request.url.path:
        refused: dict[str, Any] = {"error": {"code": 190, "message": f"Malformed access token {told}"}}
        return httpx.Response(400, json=refused)
    row = {
        "id": "1",
        "page_id": "77",
        "ad_creative_bodies": [f"A good text that quotes {told} by mistake."],
        "ad_delivery_start_time": "2026-11-01",
        "ad_snapshot_url": f"https://www.facebook.com/ads/archive/render_ad/?id=1&access_token={quote(told, safe='')}",
        "ad_creative_link_captions": [f"https://example.com/?t={told}"],
    }
    body = json.dumps({"data": [row], "paging": {"cursors": {"after": "x"}}}).replace("/", r"\/")
    return httpx.Response(200, content=body.encode(), headers={"content-type": "application/json"})


@pytest.fixture
def planted(warehouse: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Connection]:
    """A warehouse behind a password, and three feeds of Acme whose platforms quote their tokens."""
    for name, word in (("COUNTERPITCH_WAREHOUSE_URL", "counterpitch"), ("COUNTERPITCH_DESK_URL", "counterpitch_desk")):
        parts = urlsplit(str(settings().warehouse_url if "WAREHOUSE" in name else settings().desk_url))
        monkeypatch.setenv(name, parts._replace(netloc=f"{word}:{PASSWORD}@").geturl())
    monkeypatch.setenv("COUNTERPITCH_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    monkeypatch.setenv("AIRFLOW_CONN_META", json.dumps({"password": META}))
    monkeypatch.setenv("AIRFLOW_CONN_META_OWN", f"https://:{OWN}@graph.example")
    monkeypatch.setenv("AIRFLOW_CONN_TIKTOK", json.dumps({"login": "key", "password": TIKTOK}))
    mocked = partial(Api, transport=httpx.MockTransport(platform), attempts=1)
    monkeypatch.setattr(readers, "Api", mocked)
    monkeypatch.setattr(results, "Api", mocked)
    conn = connect()
    with conn:
        brands.register_brand(conn, "Acme", brand_id="acme")
        for source, page in (("meta", "77"), ("tiktok", "69")):
            brands.register_page(conn, source, page, "acme")
            reader = {"meta": "meta_ad_library", "tiktok": "tiktok_ads"}[source]
            brands.register_feed(conn, "acme", source, options={"reader": reader})
        told = {"reader": "meta_insights", "account": "act_1", "connection": "meta_own"}
        brands.register_feed(conn, "acme", "meta", kind="results", options=told)
        market = "insert into core.market (market_id, name, own_brand_id) values ('m', 'M', 'acme')"
        query.execute(conn, market)
        query.execute(conn, "insert into core.market_brand values ('m', 'acme', 'own')")
    yield conn
    conn.close()


def test_no_secret_is_written_logged_raised_returned_or_shown(
    planted: Connection,
    gateway: list[int],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    told: list[str] = []
    with caplog.at_level(logging.DEBUG):
        told += worked(tmp_path)
        told += read(gateway)
    told += [caplog.text, *(str(record.__dict__) for record in caplog.records)]
    told += [*tables(planted), *pages(), *commands(tmp_path), str(settings()), repr(planted), *capfd.readouterr()]
    assert "(hidden)" in "".join(told)
    assert any("Malformed access token (hidden)" in text for text in told), "the platform's words are kept"
    assert any("No such key: (hidden)" in text for text in told), "and the model provider's"
    assert [(secret, text[:400]) for text in told for secret in SPELT if secret in text] == []


def worked(tmp_path: Path) -> list[str]:
    """What tasks return and raise."""
    snapshot = f"https://www.facebook.com/ads/archive/render_ad/?id=1&access_token={EXPORTED}"
    rows = [ad(ad_id="5", public_url=snapshot), ad(ad_id="", landing_url=snapshot)]
    found: list[Any] = [import_files(write_ads(tmp_path / "ads.csv", rows, COLUMNS), today=TODAY).to_json()]
    try:
        found.append(collect_brand("acme", DAY))
    except Exception as error:
        found += [error, "".join(traceback.format_exception(error)), vars(error), str(error.__context__)]
    found.append(validate_and_load(DAY, ["acme"]))
    assert len(found) > 3, "Insights and TikTok are refused"
    return [f"{each} {each!r}" for each in found]


@pytest.fixture
def gateway(planted: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A model behind a gateway that quotes the key in answers and errors; the list is the statuses it says next."""
    statuses: list[int] = []
    keys: set[str] = set()
    behind = standin.app

    def app(script: StandIn) -> FastAPI:
        server = behind(script)

        @server.middleware("http")
        async def quote_the_key(request: Request, answer: Any) -> Response:
            keys.add(request.headers["authorization"].removeprefix("Bearer "))
            if not statuses:
                passed: Response = await answer(request)
                return passed
            return JSONResponse({"error": {"message": f"No such key: {''.join(keys)}"}}, statuses.pop(0))

        return server

    def spoken(body: dict[str, Any]) -> dict[str, Any]:
        assert keys == {MODEL}, "it is the planted key that is sent"
        ad = str(body["messages"][-1]["content"]).split("\n")[1]
        return {"customer_need": [{"value": f"a need of {keys}", "quote": ad[:12]}]}

    monkeypatch.setattr(standin, "app", app)
    with serving(StandIn(spoken)) as url:
        for name, value in (("OPENAI_API_KEY", MODEL), ("COUNTERPITCH_LLM_BASE_URL", url)):
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("COUNTERPITCH_LLM_BATCH", "on")
        settings.cache_clear()
        yield statuses


def read(gateway: list[int]) -> list[str]:
    """What an extraction returns and raises: unreachable, answered, turned down, and the same of a batch."""
    client = Client("run", model="openai:test", limits=Limits(at_once=1, seconds=60.0, tries=2))
    found: list[Any] = []
    for prompt, statuses in (("first", [500, 500]), ("first", []), ("second", [401])):
        gateway[:] = statuses
        found += returned(Modelled(client, Prompt(prompt)))
    assert [type(each) for each in found] == [dict, dict, ModelRejected, str], found
    assert (found[0]["pending"], found[1]["read"]) == (1, 2), found
    for status in (503, 401):
        gateway[:] = [status]
        found += returned(Modelled(client, Prompt("third"), batch.service_of(client)))
    assert [type(each) for each in found[4:]] == [dict, batch.BatchRefused, str], "what may have arrived is waited for"
    return [f"{each} {each!r}" for each in found]


def returned(reader: Modelled) -> list[Any]:
    try:
        return [read_partition(DAY, ["acme"], reader=reader)]
    except Exception as error:
        return [error, "".join(traceback.format_exception(error))]


def test_a_token_endpoint_that_quotes_the_secret_does_not_leak_it(
    planted: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TIKTOK", json.dumps({"login": "refused-key", "password": TIKTOK}))
    with pytest.raises(CollectionFailed, match=r"No app has .*\(hidden\)") as error:
        collect_brand("acme", DAY)
    covered = str(query.rows(planted, "select * from ops.coverage"))
    assert TIKTOK not in covered + "".join(traceback.format_exception(error.value))


def tables(conn: Connection) -> list[str]:
    names = query.rows(conn, "select schemaname || '.' || tablename as name from pg_tables "
                             "where schemaname not in ('pg_catalog', 'information_schema')")  # fmt: skip
    found = {row["name"]: str(query.rows(conn, f"select t::text from {row['name']} t")) for row in names}
    conn.commit()
    assert all(len(found[name]) > 2 for name in ("raw.ad_snapshot", "ops.coverage", "raw.landed_row", "ops.quarantine"))
    return list(found.values())


def pages() -> list[str]:
    with TestClient(create_app(lambda: None)) as desk:
        views = ["", "/ads", "/ads/meta:1", "/data-quality", "/briefs"]
        answers = [desk.get(f"/m/m/{DAY}{view}") for view in views]
    assert [answer.status_code for answer in answers] == [200] * len(views)
    return [answer.text for answer in answers]


def commands(tmp_path: Path) -> list[str]:
    asked = [["status", "--json"], ["quarantine", "list", "--json"], ["quarantine", "show", "1"], ["summary", "--json"]]
    asked += [
        ["export", str(tmp_path / "out")],
        ["sql", "select * from core.feed"],
        ["--debug", "sql", "select nothing"],
    ]
    done = [CliRunner().invoke(app, each) for each in asked]
    files = [path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    return [*(result.output + repr(result.exception) for result in done), *files]


@pytest.mark.parametrize(
    "address",
    [
        f"postgre://me:{PASSWORD}@host/db",
        f"postgresql://me:{PASSWORD}@127.0.0.1:1/db",
        f"postgresql://me:{PASSWORD}@127.0.0.1:port/db",
        f"postgresql://me:x@{PASSWORD}@127.0.0.1:1/db",
        f"postgresql://me:a/{PASSWORD}@127.0.0.1:1/db",
        f"host=127.0.0.1 port=1 user=me password={PASSWORD}",
        f"host=127.0.0.1 nonsense password={PASSWORD}",
    ],
)
def test_a_wrong_address_of_the_warehouse_is_told_without_its_password(address: str) -> None:
    with pytest.raises((WarehouseMisnamed, WarehouseUnreachable)) as refusal:
        connect(address)
    said = "".join(traceback.format_exception(refusal.value)) + str(refusal.value.__cause__)
    assert PASSWORD not in said.split("Postgres said")[-1]
    assert "COUNTERPITCH_WAREHOUSE_URL" in str(refusal.value)


@pytest.mark.parametrize("told", ["{not json " + META, f"https://:{META}@graph.example"])
def test_a_connection_that_cannot_be_read_is_told_without_its_token(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_META", told)
    with pytest.raises(Exception, match="AIRFLOW_CONN_META") as refusal:
        credentials("meta")
    assert "Planted" not in "".join(traceback.format_exception(refusal.value)).split("SweepFailed")[-1]
    assert refusal.value.__cause__ is None


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=40))
def test_a_secret_is_hidden_in_every_spelling(secret: str) -> None:
    said = f"token {secret} url={quote(secret, safe='')}&x " + secret.replace("/", r"\/")
    kept = secrecy.hide(said.encode(), [secret]).decode()
    assert kept.replace(secrecy.HIDDEN, "").count(secret) <= f"token  url=&x {secrecy.HIDDEN}".count(secret)
    assert kept.startswith(f"token {secrecy.HIDDEN} url=")


@pytest.mark.parametrize(
    "name", ["access_token", "ACCESS_TOKEN", "Client_Secret", "appsecret_proof", "AppSecret_Proof"]
)
def test_a_token_in_an_address_is_hidden_in_any_case(name: str) -> None:
    assert secrecy.without_tokens(f"https://a.example/?{name}=EAA0&q=2") == f"https://a.example/?{name}=(hidden)&q=2"


def test_what_is_no_token_stays() -> None:
    said = "Buy a token=1 at https://example.com/?token=5&q=2: no secret"
    assert secrecy.without_tokens(said) == said
    assert secrecy.hide(b"a short word", ["short"]) == b"a short word"
