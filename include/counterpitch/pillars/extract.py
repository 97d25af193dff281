"""Read a partition's ads for pillars: choose what to read, read it, keep what can prove its words.

With no model configured every text is read by its own words (`extractive`), which costs nothing. With one,
each variant group is paid for once: its best-scored or longest-running text is read, and its near-duplicates
take over the mentions whose quotes they also hold. What is already read by the same reader is left alone, and
a model's reading is never replaced by an extractive one.

One task reads a partition, in chunks of BATCH texts with many calls at once inside it. Chunks as mapped tasks
would race for the budget, and the ads that matter least could win; and a retry has nothing to gain from them,
because every answer is kept as it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

from counterpitch.pillars import extractive, prompts, store
from counterpitch.pillars.ground import Reading, ground
from counterpitch.pillars.store import Read
from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, transaction

BATCH = 2000  # texts read and written in one go: large enough that a model is kept busy, small enough for memory
WAITING = "waiting:"  # how a reader's reason begins while a provider's batch works on the text
T = TypeVar("T")


class Reader(Protocol):
    """Something that reads ads. `name` and `version` are stored with every row it wrote."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> str: ...  # noqa: D102
    @property
    def paid(self) -> bool: ...  # noqa: D102

    def read(self, texts: Sequence[str]) -> list[Reading | str]:
        """For each text its reading, or in words why it has none yet; in the order given."""


class Extractive:
    """The reader that needs no model."""

    name = extractive.NAME
    paid = False

    @property
    def version(self) -> str:
        """Of the rules and of the learned weights."""
        return extractive.version()

    def read(self, texts: Sequence[str]) -> list[Reading | str]:
        """Every text is read at once."""
        return [extractive.read(text) for text in texts]


@dataclass(frozen=True)
class Text:
    """A text to read, its group of near-duplicates, and the markets that want it and have no settled reading."""

    text_hash: str
    group: str
    markets: tuple[str, ...]
    unread_in: tuple[str, ...]


def read_partition(
    partition_key: str, brands: Sequence[str], *, run: str | None = None, reader: Reader | None = None
) -> dict[str, int]:
    """Read the distinct readable texts of these brands' ads on this day, in each market that holds the brands.

    Returns {"texts", "read", "empty", "pending", "waiting", "mentions", "dropped"}: distinct texts in scope, how they
    stand now, how many questions a provider's batch still works on (look again later; with nothing waiting the
    reading is done), the mentions kept and the mentions dropped because their quote was not in the ad. `run` names
    the run whose budget pays; by default each partition has its own. Running out of budget is no error: the rest
    stays pending and says so.
    """
    reader = reader or configured_reader(run or f"pillars {partition_key}")
    with transaction() as conn:
        scope = _scope(conn, partition_key, brands, reader)
        groups = _groups(conn, [text for text in scope if text.unread_in], reader)
    waiting = sum(_read_batch(batch, reader) for batch in _batches(groups, BATCH))
    markets = sorted({market for text in scope for market in text.markets})
    with transaction() as conn:
        counted = store.counts(conn, markets, [text.text_hash for text in scope])
    return {"texts": len(scope), "waiting": waiting, **{name: int(value) for name, value in counted.items()}}


def configured_reader(run: str) -> Reader:
    """The model that settings name with the prompt in use, else the extractive reader.

    `run` is what the run budget counts by.
    """
    _fetch_open(run)
    if not settings().llm:
        return Extractive()
    from counterpitch.llm import batch  # costs two seconds, which a run without a model need not pay
    from counterpitch.llm.client import Client
    from counterpitch.pillars.modelled import Modelled

    with transaction() as conn:
        prompt = prompts.in_use(conn)
    client = Client(run)
    return Modelled(client, prompt, batch.service_of(client))


def _fetch_open(run: str) -> None:
    """Book what was handed in and has ended, also of a model, or of batches, that settings have left since."""
    with transaction() as conn:
        models = [row["model"] for row in query.rows(conn, query.sql(__file__, "select_models_in_batch"))]
    if models:
        from counterpitch.llm import batch
        from counterpitch.pillars.schema import Pillars

        batch.fetch_open(models, Pillars, run)


def _scope(conn: Connection, partition_key: str, brands: Sequence[str], reader: Reader) -> list[Text]:
    """The day's texts in the order in which they are worth reading: best predicted, then longest running."""
    bound = {"partition_key": partition_key, "brands": list(brands)}
    rows = query.rows(conn, query.sql(__file__, "select_texts"), bound)
    texts: dict[str, dict[str, Any]] = {}
    for row in rows:
        text = texts.setdefault(row["text_hash"], {"group": row["variant_group"], "markets": []})
        text["markets"].append(row["market_id"])
    settled = _settled(conn, rows, reader)
    return [
        Text(
            name,
            text["group"] if reader.paid else name,
            tuple(text["markets"]),
            tuple(market for market in text["markets"] if (market, name) not in settled),
        )
        for name, text in texts.items()
    ]


def _settled(conn: Connection, rows: Iterable[Mapping[str, Any]], reader: Reader) -> set[tuple[str, str]]:
    """The (market, text) whose reading stays: this reader's own, or a model's where this one is none."""
    bound = {
        "markets": sorted({row["market_id"] for row in rows}),
        "texts": sorted({row["text_hash"] for row in rows}),
    }
    return {
        (known["market_id"], known["text_hash"])
        for known in query.rows(conn, query.sql(__file__, "select_readings"), bound)
        if known["status"] != "pending"
        and (
            (known["extractor"], known["extractor_version"]) == (reader.name, reader.version)
            or (known["extractor"] != Extractive.name and not reader.paid)
        )
    }


def _groups(conn: Connection, texts: Sequence[Text], reader: Reader) -> list[tuple[str, list[Text]]]:
    """(text to read, texts that it is read for): a group keeps the text it was read from on an earlier day."""
    groups: dict[str, list[Text]] = {}
    for text in texts:
        groups.setdefault(text.group, []).append(text)
    leaders: dict[str, str] = {}
    if reader.paid:
        bound = {"groups": list(groups), "extractor": reader.name, "version": reader.version}
        found = query.rows(conn, query.sql(__file__, "select_leaders"), bound)
        leaders = {row["variant_group"]: row["text_hash"] for row in found}
    return [(leaders.get(group, members[0].text_hash), members) for group, members in groups.items()]


def _read_batch(batch: Sequence[tuple[str, list[Text]]], reader: Reader) -> int:
    """Read and store these; returns how many answers a provider's batch still owes."""
    wanted = {leader for leader, _ in batch} | {text.text_hash for _, members in batch for text in members}
    with transaction() as conn:
        found = query.rows(conn, query.sql(__file__, "select_bodies"), {"texts": sorted(wanted)})
    bodies = {row["text_hash"]: row["clean_text"] for row in found}
    answers = reader.read([bodies[leader] for leader, _ in batch])
    by_market: dict[str, list[Read]] = {}
    for (leader, members), answer in zip(batch, answers, strict=True):
        for text in members:
            read = _read(reader, leader, text.text_hash, answer, bodies)
            for market in text.unread_in:
                by_market.setdefault(market, []).append(read)
    with transaction() as conn:
        for market in sorted(by_market):  # one order for all writers, so that two never wait for each other
            store.save(conn, market, by_market[market])
    return sum(isinstance(answer, str) and answer.startswith(WAITING) for answer in answers)


def _read(reader: Reader, leader: str, text_hash: str, answer: Reading | str, bodies: Mapping[str, str]) -> Read:
    if isinstance(answer, str):
        return Read(text_hash, reader.name, reader.version, leader, reason=answer)
    if text_hash != leader:
        answer = ground(answer.pillars(), bodies[text_hash])
    return Read(text_hash, reader.name, reader.version, leader, reading=answer)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
