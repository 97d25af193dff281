"""Whatever a platform answers is read as far as it can be, and nothing that Postgres refuses gets past here."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.sources.base import SweepInterrupted
from counterpitch.sources.http import Answer, Api


def asked(body: bytes) -> Answer:
    api = Api(
        "https://platform.example",
        lambda _: None,
        attempts=1,
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)),
    )
    return api.get("ads", {})


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (rb'{"text": "half an emoji \ud83d"}', {"text": "half an emoji \ufffd"}),
        (rb'{"text": "whole \ud83d\ude00"}', {"text": "whole \U0001f600"}),
        (rb'{"ads": [{"te\u0000xt": "a\u0000b"}]}', {"ads": [{"te\ufffdxt": "a\ufffdb"}]}),
        (rb'{"id": 123456789012345678901234567890, "text": "\u0000"}', {"id": 123456789012345678901234567890,
                                                                       "text": "\ufffd"}),
        (rb'{"ids": [1, 123456789012345678901234567890]}', {"ids": [1, 123456789012345678901234567890]}),
        (rb'{"text": "no. 12345678901234567890123", "n": 1.5}', {"text": "no. 12345678901234567890123", "n": 1.5}),
        (rb'{"id": 7412345678901234567}', {"id": 7412345678901234567}),
    ],
)  # fmt: skip
def test_what_postgres_cannot_keep_is_replaced_and_the_rest_is_read(told: bytes, read: dict[str, object]) -> None:
    assert asked(told).body == read


@pytest.mark.parametrize("told", [b'{"text": "cut o', b'{"n": NaN}', b"<html>", b"[" * 200_000, b'{"t": "\xff"}', b"7"])
def test_what_is_no_answer_is_asked_for_again(told: bytes) -> None:
    with pytest.raises(SweepInterrupted) as error:
        asked(told)
    assert error.value.code == "not_json"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.dictionaries(st.text(max_size=3), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_a_sound_answer_is_read_as_it_is(value: object) -> None:
    read = asked(json.dumps({"value": value}).encode()).body
    assert read == json.loads(json.dumps({"value": value}).replace(r"\u0000", r"\ufffd"))
