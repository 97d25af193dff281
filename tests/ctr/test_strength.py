"""What an encoder's score is worth is learnt where it was taught: inside groups, whatever it does between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from counterpitch.ctr import features, model, strength
from counterpitch.ctr.strength import Priors
from tests.ctr.planted import frame

GROUPS, ARMS, SHOWN = 400, 4, 200_000


def results(log_odds: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group_key": np.repeat(np.arange(GROUPS), ARMS),
            "impressions": SHOWN,
            "clicks": rng.binomial(SHOWN, expit(log_odds)),
        }
    )


def test_the_worth_inside_groups_is_found_though_levels_say_the_opposite() -> None:
    rng = np.random.default_rng(3)
    said, score = rng.normal(size=(2, GROUPS * ARMS))
    level = np.repeat(rng.normal(-4, 0.5, GROUPS), ARMS)
    between = np.repeat(score.reshape(GROUPS, ARMS).mean(axis=1), ARMS)
    seen = results(level - 3 * between + 0.4 * said + 0.2 * score, rng)
    factor, more = strength.inside_groups(said, score, seen, Priors())
    assert abs(factor - 0.4) < 0.02
    assert abs(more - 0.2) < 0.02


def test_a_strength_that_says_nothing_is_left_as_it_is() -> None:
    rng = np.random.default_rng(4)
    said, score = rng.normal(size=(2, GROUPS * ARMS))
    assert strength.inside_groups(said, score, results(-4 - said, rng), Priors()) == (1.0, 0.0)


def test_a_weighed_strength_scores_as_weighed_and_outlives_json() -> None:
    learnt = model.fit(frame(), model.Params(embedder=None)).strength
    learnt.weights["embedding"] = np.array([0.1])
    known = frame()[list(features.KNOWN)].head(20)
    blocks = model.read(learnt.vectors, known, None)
    score = np.linspace(-2, 2, len(known))
    both = strength.Blocks(blocks.words, blocks.text, blocks.devices, blocks.coverage, score[:, None])
    weighed = learnt.weighed(0.5, 0.3, 0.0)
    assert np.allclose(weighed.score(both), 0.5 * learnt.score(both) + 0.3 * score)
    assert np.array_equal(strength.Strength.from_json(weighed.to_json()).score(both), weighed.score(both))
