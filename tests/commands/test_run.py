"""`counterpitch run`: what it takes of the files it is given, and what it says of the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from counterpitch.commands.run import RunRefused, _import

ADS = "source,brand,ad_id,observed_on,body\nmeta,Acme,1,2026-11-19,Good shoes\n"
RESULTS = "source,brand,ad_id,result_date,impressions,clicks\nmeta,Acme,1,2026-11-19,10,1\n"
ARMS = "experiment_id,arm_id,headline,impressions,clicks,started_on\nt,a,Good shoes,10,1,2026-11-19\n"

Give = Callable[..., list[str]]


@pytest.fixture
def give(warehouse: str, tmp_path: Path) -> Give:
    """Import files, given as text by option; returns the brands."""

    def give(**texts: str) -> list[str]:
        files: dict[str, list[Path]] = {"ads": [], "results": [], "experiments": []}
        for option, text in ({"ads": ADS} | texts).items():
            path = tmp_path / f"{option}.csv"
            path.write_text(text)
            files[option].append(path)
        return _import(files, None, print)

    return give


def test_what_every_option_brings_is_taken(give: Give) -> None:
    assert give(results=RESULTS, experiments=ARMS) == ["acme"]


@pytest.mark.parametrize(
    ("option", "text", "holds"),
    [("ads", ARMS, "experiments"), ("results", ARMS, "experiments"), ("experiments", RESULTS, "results")],
)
def test_an_option_none_of_whose_files_fit_is_refused_with_the_reason(
    give: Give, capsys: pytest.CaptureFixture[str], option: str, text: str, holds: str
) -> None:
    with pytest.raises(RunRefused, match=f"None of the files of --{option} could be taken"):
        give(**{option: text})
    assert f"Skipped: {option}.csv holds {holds}" in " ".join(capsys.readouterr().err.split())


def test_a_skipped_file_beside_a_good_one_is_said(
    warehouse: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in {"ads.csv": ADS, "good.csv": RESULTS, "other.csv": ARMS}.items():
        (tmp_path / name).write_text(text)
    results = [tmp_path / "good.csv", tmp_path / "other.csv"]
    assert _import({"ads": [tmp_path / "ads.csv"], "results": results, "experiments": []}, None, print) == ["acme"]
    assert "Skipped: other.csv holds experiments" in " ".join(capsys.readouterr().err.split())
