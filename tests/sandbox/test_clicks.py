"""The planted click model: what is in it can be read off the ads, and learnt back from enough clicks."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from counterpitch.sandbox.clicks import DEVICES, EFFECT_SD, clicks, devices, kendall_tau
from counterpitch.sandbox.copywriter import draft_ad, vary_ad, write_copy
from counterpitch.sandbox.library import category
from counterpitch.sandbox.process import simulate
from counterpitch.sandbox.streams import stream


def test_an_ad_without_effect_has_the_rate_that_its_words_explain() -> None:
    brand = category().brands["simmerwick"]
    copy = write_copy(draft_ad(stream(1, "a"), brand, category()))
    plain = clicks(copy, "image", 0.0)
    assert clicks(copy, "video", 0.0).explained == pytest.approx(plain.explained + DEVICES["video"])
    assert clicks(copy, "image", 0.5).ctr > plain.ctr
    assert 0.001 < plain.ctr < 0.1


def test_least_squares_on_the_true_rates_gives_the_coefficients_back() -> None:
    """The model is linear in what devices() shows, so nothing that moves clicks is hidden but the ad's own effect."""
    ads = [ad for ad in simulate(3, date(2026, 9, 1), date(2026, 11, 1)).ads if not ad.copy.draft.thin]
    personas, themes = sorted(category().personas), sorted(category().themes)
    names = [name for name in DEVICES if name != "thin"]
    design = [
        [devices(ad.copy, ad.media_type)[name] for name in names]
        + [float(ad.copy.draft.persona == persona) for persona in personas]
        + [float(ad.copy.draft.theme == theme) for theme in themes]
        for ad in ads
    ]
    rates = np.log([ad.clicks.ctr / (1 - ad.clicks.ctr) for ad in ads])
    solved, *_ = np.linalg.lstsq(np.asarray(design), rates, rcond=None)
    for name, value in zip(names, solved, strict=False):
        assert value == pytest.approx(DEVICES[name], abs=0.08), name
    left = rates - np.asarray(design) @ solved
    assert left.std() == pytest.approx(EFFECT_SD, rel=0.1)


def test_a_near_duplicate_differs_in_one_line_or_word() -> None:
    brand = category().brands["platelark"]
    for n in range(40):
        draft = draft_ad(stream(2, n), brand, category())
        varied = vary_ad(stream(3, n), draft)
        changed = [name for name in vars(draft) if getattr(draft, name) != getattr(varied, name)]
        assert len(changed) <= 1


@pytest.mark.parametrize(
    ("first", "second", "tau"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 4], 1.0),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        ([1, 2, 3], [1, 3, 2], 1 / 3),
        ([1, 1, 2, 3], [1, 2, 2, 3], 0.8),
        ([1, 1], [1, 2], 0.0),
    ],
)
def test_kendalls_tau_b_by_hand(first: list[float], second: list[float], tau: float) -> None:
    assert kendall_tau(first, second) == pytest.approx(tau)
