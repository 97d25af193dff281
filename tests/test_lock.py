"""The lock holds what the product asks for: `make run` installs requirements.txt and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[1]


def requirements(name: str) -> list[Requirement]:
    lines = (PROJECT / name).read_text().splitlines()
    return [Requirement(line) for line in lines if line.strip() and line[0] not in "#- "]


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_the_lock_holds_what_is_asked_for(name: str) -> None:
    locked = {canonicalize_name(found.name): found for found in requirements(f"{name}.txt")}
    for asked in requirements(f"{name}.in"):
        found = locked.get(canonicalize_name(asked.name))
        assert found is not None, f"{asked.name} is not in {name}.txt: run `make lock`"
        version = next(iter(found.specifier)).version
        assert asked.specifier.contains(version), f"{name}.txt has {asked.name} {version}: run `make lock`"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_names_versions_and_no_address(name: str) -> None:
    assert all([one.operator for one in found.specifier] == ["=="] for found in requirements(name))
    assert "://" not in (PROJECT / name).read_text()
