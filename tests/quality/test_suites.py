"""The suites are reviewed: each rule says its name, bound, reason and advice, and a changed rule moves the version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest
from great_expectations import ExpectationSuite

from counterpitch.quality.suites.ads import ads_suite
from counterpitch.quality.suites.core_ads import core_ads_suite
from counterpitch.quality.suites.pages import pages_suite
from counterpitch.quality.suites.results import experiments_suite, results_suite
from counterpitch.quality.suites.sweeps import run_suite, sweeps_suite

SUITES: list[Callable[[], ExpectationSuite]] = [
    ads_suite, sweeps_suite, run_suite, core_ads_suite, results_suite, experiments_suite, pages_suite
]  # fmt: skip
# What was reviewed. Where this test fails, a rule or a bound was changed: move the suite's VERSION, then this line.
REVIEWED = {
    "ads": ("ads-2", "9c1faa01f086"),
    "sweeps": ("sweeps-1", "a65590378306"),
    "run": ("run-2", "374172586db2"),
    "core_ads": ("core_ads-1", "8bbabd1f1159"),
    "results": ("results-1", "b5c034417c39"),
    "pages": ("pages-1", "99e92c0f0bcc"),
    "experiments": ("experiments-1", "b8bdaf5a9fe4"),
}


def rules(suite: ExpectationSuite) -> list[list[object]]:
    """Type, arguments and meta of each rule, as JSON."""
    told = [each.configuration.to_json_dict() for each in suite.expectations]
    return [[each["type"], each["kwargs"], each["meta"], str(each.get("severity"))] for each in told]


@pytest.mark.parametrize("make", SUITES, ids=lambda make: make.__name__)
def test_a_rule_that_changes_moves_the_version(make: Callable[[], ExpectationSuite]) -> None:
    suite = make()
    digest = hashlib.sha256(json.dumps(rules(suite), sort_keys=True).encode()).hexdigest()[:12]
    assert (suite.name, suite.meta["version"], digest) == (suite.name, *REVIEWED[suite.name])


@pytest.mark.parametrize("make", SUITES, ids=lambda make: make.__name__)
def test_every_rule_says_what_it_asks_why_and_what_to_do(make: Callable[[], ExpectationSuite]) -> None:
    suite = make()
    metas = [each.meta or {} for each in suite.expectations]
    assert len({meta["name"] for meta in metas}) == len(metas)
    for meta in metas:
        assert meta["level"] in {"row", "warn", "stop"}
        assert all(meta[key] for key in ("bound", "reason", "advice"))
    held = {meta["level"] for meta in metas} & {"row"}
    assert bool(held) == (suite.name == "ads"), "only raw rows can be held; tables are warned of, or stop the run"
