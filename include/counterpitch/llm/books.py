"""The client's books in Postgres: answers, claims, money set aside, money spent.

The order keeps two promises. A key is claimed before it is paid for, and the cache is looked at again after
the claim, so neighbouring processes never both pay. Money is set aside under one lock before a call, and is
spent on the day it was set aside, so ledger and reservations together never pass the budget. An answer, its
ledger entry and the end of its claim and reservation are one transaction: a crash keeps all of it or none.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from counterpitch.errors import Permanent
from counterpitch.llm.answers import Judged, Unanswered
from counterpitch.llm.keys import without_keys
from counterpitch.settings import settings
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, connect

PATIENCE = 900  # seconds after which the claim of a client that hangs is free; of one that died it is at once
ARRIVAL = 600  # seconds in which a batch that was handed in must be known to the provider, several time-outs long
IN_VAIN = 3  # paid for in vain so often, a key is not asked again


class BudgetExceeded(Permanent):
    """The next call could pass the budget; the message says the sums and what to do."""


@dataclass(frozen=True)
class Budget:
    """US dollars a calendar day (UTC, all runs together) and a run."""

    day: Decimal
    run: Decimal


def budget() -> Budget:
    """What settings allow."""
    allowed = settings()
    return Budget(Decimal(str(allowed.llm_daily_budget)), Decimal(str(allowed.llm_run_budget)))


@dataclass(frozen=True)
class Settled:
    """A call that came to an end: what to remember of it."""

    key: str
    outcome: str
    detail: str
    answer: dict[str, Any] | None
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal

    @classmethod
    def of(cls, key: str, judged: Judged[Any], cost: Decimal) -> Settled:
        """What a judged message leaves in the books."""
        said = judged.result
        detail, answer = (said.detail, None) if isinstance(said, Unanswered) else ("", _plain(said))
        return cls(
            key, judged.outcome, without_keys(detail), answer, judged.prompt_tokens, judged.completion_tokens, cost
        )


@dataclass
class Prepared:
    """What became of the keys: known answers, known failures, ours to call, another's, beyond the budget.

    in_batch: another's for long, because a provider's batch works on them.
    """

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: dict[str, Unanswered] = field(default_factory=dict)
    ours: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    in_batch: list[str] = field(default_factory=list)
    unpaid: list[str] = field(default_factory=list)
    refusal: str = ""


class Books:
    """One client's open books. Not for two threads at once; `close` gives up what is still claimed."""

    def __init__(self, model: str, run: str, budget: Budget, url: str | None = None) -> None:
        self.model, self.run, self.budget = model, run, budget
        self.owner = 1 + secrets.randbelow(2**31 - 2)  # 0 holds the keys of batches
        self._conn: Connection = connect(url, application="counterpitch llm")
        with self._conn:
            query.scalar(self._conn, query.sql(__file__, "insert_owner_lock"), {"owner": self.owner})

    def close(self) -> None:
        """Release the session lock, and with it every claim and reservation that is left."""
        self._conn.close()

    def prepare(self, asked: Sequence[tuple[str, Decimal]]) -> Prepared:
        """Look up, claim and set money aside for (key, highest cost) in this order; one transaction."""
        found = Prepared()
        most = dict(asked)
        with self._conn:
            found.answers = self._answers(list(most))
            rest = [key for key in most if key not in found.answers]
            found.failed = self._failures(rest)
            rest = [key for key in rest if key not in found.failed]
            claimed = self._claim(rest)
            theirs = [key for key in rest if key not in claimed]
            found.in_batch = self._in_batch(theirs)
            found.elsewhere = [key for key in theirs if key not in set(found.in_batch)]
            found.answers |= self._answers(sorted(claimed))  # answered between the first look and the claim
            wanted = [key for key in rest if key in claimed and key not in found.answers]
            found.ours, found.refusal = self._reserve([(key, most[key]) for key in wanted])
            found.unpaid = wanted[len(found.ours) :]
            self._release([key for key in claimed if key not in set(found.ours)])
        return found

    def renew(self) -> None:
        """Hold what is claimed and set aside for PATIENCE from now: the owner works, and its calls wait in line."""
        with self._conn:
            bound = {"owner": self.owner, "patience": PATIENCE}
            query.execute(self._conn, query.sql(__file__, "renew_claims"), bound)

    def settle(self, calls: Sequence[Settled]) -> None:
        """Enter finished calls: cache, ledger, failures, and the end of claims and reservations; one transaction."""
        with self._conn:
            self._enter(calls, self.run, [call.key for call in calls], self.owner)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from this model's batches: one that is being handed in must not look lost to them."""
        with write.locked(self._conn, "llm.batches", self.model):
            yield

    def open_batch(self, tag: str, keys: Sequence[str]) -> dict[str, Any]:
        """Note that these claimed keys are about to be handed in, and hold claims and money while nobody waits."""
        batch = {"tag": tag, "model": self.model, "run": self.run, "keys": list(keys)}
        with self._conn:
            query.execute(self._conn, query.sql(__file__, "insert_batch"), batch)
            query.execute(self._conn, query.sql(__file__, "hold_claims"), {"keys": list(keys), "owner": self.owner})
        return batch

    def note_batch(self, tag: str, batch_id: str) -> None:
        """Note the id of a batch that has arrived."""
        with self._conn:
            bound = {"tag": tag, "batch_id": batch_id, "state": "open"}
            query.execute(self._conn, query.sql(__file__, "update_batch"), bound)

    def open_batches(self) -> list[dict[str, Any]]:
        """The model's batches that are not settled: tag, batch_id, run, keys, overdue.

        batch_id is None where the batch is not known to have arrived. overdue: the provider must know it by now, so
        one that it does not know can be given up.
        """
        bound = {"model": self.model, "patience": ARRIVAL}
        with self._conn:
            return query.rows(self._conn, query.sql(__file__, "select_open_batches"), bound)

    def known(self, keys: Sequence[str]) -> dict[str, dict[str, Any] | Unanswered]:
        """Of these keys, those with an answer, and those that this run has asked in vain."""
        failed = self.failed_in_run(keys)
        with self._conn:
            return {**failed, **self._answers(list(keys))}

    def in_batch(self, keys: Sequence[str]) -> list[str]:
        """Of these keys, those that an open batch works on."""
        with self._conn:
            return self._in_batch(list(keys))

    def settle_batch(
        self, batch: Mapping[str, Any], batch_id: str | None, calls: Sequence[Settled], *, spent: Sequence[str] = ()
    ) -> None:
        """Enter a batch's answers in the name of the run that handed it in, and free all its keys; once.

        spent: keys whose answers were paid for and lost. Their cost is not known, so all that was set aside for them,
        the highest it can have been, goes into the ledger, without tokens.
        """
        with self._conn:
            write.lock(self._conn, "llm.batch", batch["tag"])
            if query.scalar(self._conn, query.sql(__file__, "select_batch_state"), {"tag": batch["tag"]}) != "open":
                return
            lost = {"keys": list(spent), "model": self.model}
            query.execute(self._conn, query.sql(__file__, "insert_forfeited"), lost)
            self._enter(calls, batch["run"], batch["keys"], owner=0)
            state = "settled" if batch_id else "lost"
            bound = {"tag": batch["tag"], "batch_id": batch_id, "state": state}
            query.execute(self._conn, query.sql(__file__, "update_batch"), bound)

    def failed_in_run(self, keys: Sequence[str]) -> dict[str, Unanswered]:
        """Of these keys, those that this run has asked in vain, with the last outcome."""
        bound = {"keys": list(keys), "run": self.run}
        with self._conn:
            rows = query.rows(self._conn, query.sql(__file__, "select_run_failures"), bound)
        return {row["cache_key"]: Unanswered(row["outcome"], row["detail"]) for row in rows}

    def _enter(self, calls: Sequence[Settled], run: str, keys: Sequence[str], owner: int) -> None:
        """Answers, ledger and failures of `calls`, and the end of the claims and reservations of `keys`."""
        rows = write.as_json([_row(call, self.model) for call in calls])
        bound = {"rows": rows, "run": run, "keys": list(keys), "owner": owner}
        query.execute(self._conn, query.sql(__file__, "settle_calls"), bound)

    def _answers(self, keys: list[str]) -> dict[str, dict[str, Any]]:
        found = query.rows(self._conn, query.sql(__file__, "select_answers"), {"keys": keys}) if keys else []
        return {row["cache_key"]: row["answer"] for row in found}

    def _failures(self, keys: list[str]) -> dict[str, Unanswered]:
        found = query.rows(self._conn, query.sql(__file__, "select_failures"), {"keys": keys}) if keys else []
        return {
            row["cache_key"]: Unanswered(row["outcome"], f"{row['times']} times, so it is not asked again")
            for row in found
            if row["times"] >= IN_VAIN
        }

    def _claim(self, keys: list[str]) -> set[str]:
        if not keys:
            return set()
        bound = {"keys": sorted(keys), "owner": self.owner, "patience": PATIENCE}
        return {row["cache_key"] for row in query.rows(self._conn, query.sql(__file__, "insert_claims"), bound)}

    def _in_batch(self, keys: list[str]) -> list[str]:
        rows = query.rows(self._conn, query.sql(__file__, "select_in_batch"), {"keys": keys}) if keys else []
        return [row["cache_key"] for row in rows]

    def _reserve(self, asked: list[tuple[str, Decimal]]) -> tuple[list[str], str]:
        """The first keys that the budget allows, and in words what stopped the next one."""
        if not asked:
            return [], ""
        write.lock(self._conn, "llm.budget")
        spent = query.rows(self._conn, query.sql(__file__, "select_spent"), {"run": self.run})[0]
        kept: list[str] = []
        amounts: list[Decimal] = []
        refusal = ""
        try:
            for key, amount in asked:
                self._afford(spent["today"] + sum(amounts), spent["run"] + sum(amounts), amount)
                kept.append(key)
                amounts.append(amount)
        except BudgetExceeded as exceeded:
            refusal = str(exceeded)
        bound = {"keys": kept, "amounts": amounts, "owner": self.owner, "run": self.run, "patience": PATIENCE}
        query.execute(self._conn, query.sql(__file__, "insert_reservations"), bound)
        return kept, refusal

    def _afford(self, today: Decimal, run: Decimal, amount: Decimal) -> None:
        """Raises BudgetExceeded where one more call could pass a budget."""
        for name, spent, limit, variable in (
            ("today", today, self.budget.day, "COUNTERPITCH_LLM_DAILY_BUDGET"),
            ("by this run", run, self.budget.run, "COUNTERPITCH_LLM_RUN_BUDGET"),
        ):
            if spent + amount > limit:
                raise BudgetExceeded(
                    f"${spent:.4f} of ${limit:.2f} is spent or set aside {name}, and the next call could cost "
                    f"${amount:.4f}. The rest stays pending; raise {variable}, or let it continue tomorrow."
                )

    def _release(self, keys: Sequence[str]) -> None:
        bound = {"keys": list(keys), "owner": self.owner}
        query.execute(self._conn, query.sql(__file__, "delete_claims"), bound)
        query.execute(self._conn, query.sql(__file__, "delete_reservations"), bound)


def _row(call: Settled, model: str) -> dict[str, Any]:
    return {
        "cache_key": call.key,
        "model": model,
        "outcome": call.outcome,
        "detail": call.detail.replace("\0", "").encode(errors="replace").decode(),  # no lone surrogates either
        "answer": _storable(call.answer),
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "cost": str(call.cost),
    }


def _storable(value: Any) -> Any:
    """`value` without NUL characters: Postgres cannot hold them in text or JSON."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value


def _plain(answer: BaseModel) -> dict[str, Any]:
    """The answer as JSON; a key that a gateway put into it is no part of it."""
    plain: dict[str, Any] = json.loads(without_keys(answer.model_dump_json()))
    return plain
