"""What if: other words, another prediction, told with its interval, its reasons and the difference."""

from __future__ import annotations

from counterpitch.ctr import registry
from counterpitch.desk.what_if import Asked, answer
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted

MARKET = {"own_brand_id": "acme", "own_brand": "Acme"}
WEAK = Asked("Sleep well with a plan.\nJoin our webinar.", "", "", "en")
STRONG = Asked("Sleep well with a plan?\nStart a free trial.", "", "", "en")


def test_other_words_are_compared_with_those_before(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    alone = answer(conn, MARKET, WEAK, None)["said"]
    assert alone["before"] is None
    found = answer(conn, MARKET, STRONG, WEAK)
    said = found["said"]
    assert said["before"]["ctr"] == alone["ctr"]
    assert said["change_points"] > 0.8, "planted: a question, and a free trial instead of a webinar"
    assert not found["overlaps"]
    assert said["reasons"]
    assert answer(conn, MARKET, STRONG, STRONG)["said"]["change_points"] == 0


def test_no_words_ask_nothing_and_no_model_refuses(conn: Connection) -> None:
    assert answer(conn, MARKET, Asked(" ", "", "", ""), None)["said"] is None
    assert "no CTR model yet" in answer(conn, MARKET, STRONG, WEAK)["refused"]
