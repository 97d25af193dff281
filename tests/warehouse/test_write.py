"""Writers replace, upsert and append; run twice they leave the same table."""

from __future__ import annotations

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

DAY = {"source": "files", "partition_key": "2026-11-20"}


def test_text_survives_copy_to_the_letter(conn: Connection) -> None:
    query.execute(conn, "create table public.words (id int primary key, said text, tags text[])")

    @given(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        st.lists(st.sampled_from(['a"b', "c\\d", "e,f", "{}", ""])),
    )
    @hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def holds(said: str, tags: list[str]) -> None:
        write.replace_slice(conn, "public.words", {"id": 1}, ["said", "tags"], [{"said": said, "tags": tags}])
        assert query.rows(conn, "select said, tags from public.words") == [{"said": said, "tags": tags}]

    holds()


def test_a_backslash_n_is_text_and_none_is_null(conn: Connection) -> None:
    query.execute(conn, "create table public.words (id int, said text)")
    write.copy(conn, "public.words", ["id", "said"], [{"id": 1, "said": "\\N"}, {"id": 2, "said": None}])
    assert query.rows(conn, "select said from public.words order by id") == [{"said": "\\N"}, {"said": None}]


def test_a_slice_is_replaced_whole_and_others_are_left_alone(conn: Connection) -> None:
    query.execute(conn, "create table public.seen (source text, partition_key date, ad_id text)")
    for source in ("files", "other"):
        write.replace_slice(conn, "public.seen", DAY | {"source": source}, ["ad_id"], [{"ad_id": "1"}, {"ad_id": "2"}])
    write.replace_slice(conn, "public.seen", DAY, ["ad_id"], [])
    assert query.rows(conn, "select source, ad_id from public.seen order by 2") == [
        {"source": "other", "ad_id": "1"},
        {"source": "other", "ad_id": "2"},
    ]


def test_upsert_keeps_the_later_restatement_whatever_the_order(conn: Connection) -> None:
    query.execute(conn, "create table public.result (ad_id text primary key, as_of date, clicks int)")
    early, late = (
        {"ad_id": "1", "as_of": "2026-11-01", "clicks": 5},
        {"ad_id": "1", "as_of": "2026-11-20", "clicks": 9},
    )
    for batch in ([late], [early], [early, late], [late, early]):
        write.upsert(conn, "public.result", ["ad_id"], ["as_of", "clicks"], batch, newer="as_of")
        assert query.scalar(conn, "select clicks from public.result") == 9


def test_append_writes_only_what_is_new(conn: Connection) -> None:
    query.execute(conn, "create table public.cache (k text primary key, v text)")
    assert write.append_new(conn, "public.cache", ["k"], ["v"], [{"k": "a", "v": "1"}, {"k": "a", "v": "2"}]) == 1
    assert write.append_new(conn, "public.cache", ["k"], ["v"], [{"k": "a", "v": "3"}, {"k": "b", "v": "4"}]) == 1
    assert query.scalar(conn, "select v from public.cache where k = 'a'") == "1"
