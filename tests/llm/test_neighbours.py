"""Several processes and one purse: nobody pays what another paid, is paying, or paid before it was killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from counterpitch.llm import asking
from counterpitch.llm.answers import Unanswered
from counterpitch.llm.books import PATIENCE, Books, budget
from counterpitch.llm.client import Client, Limits
from counterpitch.llm.standin import StandIn
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.llm.conftest import Start
from tests.llm.test_client import ledger, questions, words

ROOT = Path(__file__).resolve().parents[2]


def another(client: Client, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.llm.paying", str(client.base_url), str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_until_asked(standin: StandIn, calls: int) -> None:
    until = time.monotonic() + 240
    while standin.calls < calls and time.monotonic() < until:
        time.sleep(0.01)
    assert standin.calls >= calls


def wait_until_renewed(conn: Connection) -> None:
    until, least = time.monotonic() + 120, "select min(expires_at) > now() + interval '10 minutes' from llm.claim"
    while not query.scalar(conn, least):
        conn.rollback()
        assert time.monotonic() < until, "the claims of keys in line are not renewed"
        time.sleep(0.02)
    conn.rollback()


def test_two_processes_with_the_same_questions_pay_each_once(start: Start, conn: Connection) -> None:
    standin, client = start(delay=0.05)
    both = [another(client, 60), another(client, 60)]
    said = [process.communicate(timeout=300)[0].strip() for process in both]
    assert said == ["60", "60"]
    assert standin.calls == 60
    assert max(standin.asked.values()) == 1
    assert ledger(conn)["calls"] == 60


def test_after_a_kill_only_what_was_in_flight_is_paid_again(start: Start, conn: Connection) -> None:
    standin, client = start()
    dead = threading.Event()
    standin.until = lambda _: standin.calls < 40 or dead.is_set()
    victim = another(client, 100)
    wait_until_asked(standin, 40)
    victim.kill()
    victim.communicate(timeout=60)
    dead.set()
    kept = query.scalar(conn, "select count(*) from llm.answer")
    conn.rollback()
    assert 0 < kept < 100
    assert query.scalar(conn, "select count(*) from llm.claim") > 0, "it died with claims in hand"
    conn.rollback()
    started = time.monotonic()
    assert words(client.ask(questions(100))) == [str(i) for i in range(100)]
    assert time.monotonic() - started < PATIENCE / 3, "a dead owner's claims are free at once"
    twice = [asked for asked, times in standin.asked.items() if times > 1]
    assert len(twice) <= 5, "four in flight, and one that waits for its turn to be kept"
    assert standin.calls == 100 + len(twice)
    assert query.scalar(conn, "select count(*) from llm.answer") == 100
    assert query.scalar(conn, "select count(*) from llm.claim") == 0


def test_a_claim_of_a_living_neighbour_is_waited_for_and_its_answer_taken(start: Start, conn: Connection) -> None:
    standin, client = start(delay=1.0)
    neighbour = another(client, 1)
    wait_until_asked(standin, 1)
    assert words(client.ask(questions(1))) == ["0"]
    assert neighbour.communicate(timeout=300)[0].strip() == "1"
    assert standin.calls == 1


def test_the_claim_of_a_neighbour_that_hangs_is_free_after_its_time(start: Start, conn: Connection) -> None:
    standin, client = start()
    hung = Books(client.model, "its run", budget())
    (key,) = (client.key(question) for question in questions(1))
    assert hung.prepare([(key, Decimal(0))]).ours == [key]
    with conn:
        query.execute(conn, "update llm.claim set expires_at = now() - interval '1 second'")
    assert words(client.ask(questions(1))) == ["0"]
    assert standin.calls == 1
    hung.close()


def test_a_key_that_waits_in_line_for_longer_than_a_claim_lasts_is_not_paid_by_a_neighbour(
    start: Start, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin, client = start(limits=Limits(at_once=2, seconds=60.0))
    monkeypatch.setattr(asking, "PATIENCE", 0.6)  # what is claimed for `books.PATIENCE` is renewed this often
    free = threading.Event()
    standin.until = lambda _: free.is_set()
    said: list[Any] = []
    ours = threading.Thread(target=lambda: said.extend(client.ask(questions(6))))
    ours.start()
    try:
        wait_until_asked(standin, 2)
        with conn:
            query.execute(conn, "update llm.claim set expires_at = now() + interval '5 minutes'")
        wait_until_renewed(conn)
        neighbour = Books(client.model, "its run", budget())
        last = [(client.key(question), Decimal(0)) for question in questions(6)[4:]]
        assert sorted(neighbour.prepare(last).elsewhere) == sorted(key for key, _ in last)
        neighbour.close()
    finally:
        free.set()
        ours.join()
    assert words(said) == [str(i) for i in range(6)]
    assert standin.calls == 6


def test_what_dead_neighbours_set_aside_does_not_block_the_budget(start: Start, conn: Connection) -> None:
    _, client = start()
    with conn:
        query.execute(
            conn,
            "insert into llm.reservation select 'k', 1, 'run', (now() at time zone 'utc')::date, 1000,"
            " now() + interval '1 hour'",
        )
    (answer,) = client.ask(questions(1))
    assert not isinstance(answer, Unanswered)


@pytest.mark.parametrize("step", ["prepare", "settle"])
@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
def test_wherever_it_dies_a_retry_pays_only_for_what_was_in_flight(
    start: Start, conn: Connection, monkeypatch: pytest.MonkeyPatch, step: str, committed: bool
) -> None:
    standin, client = start(limits=Limits(at_once=4, seconds=60.0))
    whole, times = getattr(Books, step), iter(range(99))

    def dies(self: Books, asked: Any) -> Any:
        last = next(times) == 2 if step == "settle" else next(times) == 1
        done = whole(self, asked) if committed or not last else None
        if last:
            self.close()
            raise Killed
        return done

    monkeypatch.setattr(Books, step, dies)
    with pytest.raises(Killed):
        client.ask(questions(100))
    monkeypatch.setattr(Books, step, whole)
    with conn:
        kept = query.scalar(conn, "select count(*) from llm.answer")
    assert words(client.ask(questions(100))) == [str(i) for i in range(100)]
    twice = sum(times > 1 for times in standin.asked.values())
    assert twice <= 5, "four in flight, and one that waits for its turn to be kept"
    assert standin.calls == 100 + twice
    books = ledger(conn)
    assert books["calls"] == 100
    assert books["prompt"] <= standin.prompt_tokens
    assert kept < 100


class Killed(RuntimeError):
    """The process ends here."""
