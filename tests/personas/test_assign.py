"""A text without an audience is given one where the words around tell it, and none where they do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from counterpitch.personas.assign import PRECISION, infer


def texts(rng: np.random.Generator, n: int, apart: float) -> tuple[dict[str, NDArray[np.float64]], dict[str, int]]:
    """Vectors of n texts for each of three personas; `apart` 0: the words say nothing of the persona."""
    centers = apart * np.eye(8)[:3]
    vectors, truth = {}, {}
    for persona in range(3):
        for i in range(n):
            row = centers[persona] + rng.normal(size=8) / 8**0.5
            vectors[f"{persona}-{i:03d}"] = row / np.linalg.norm(row)
            truth[f"{persona}-{i:03d}"] = persona
    return vectors, truth


def test_words_that_tell_are_used_and_nearly_always_right() -> None:
    vectors, truth = texts(np.random.default_rng(1), 80, 3.0)
    named = {text: {truth[text]} for text in truth if int(text[2:]) < 40}
    unnamed = [text for text in truth if text not in named]
    found = infer(vectors, named, {text: text for text in truth}, unnamed)
    right = np.mean([found.personas[text][0] == truth[text] for text in found.personas])
    assert len(found.personas) > 0.8 * len(unnamed)
    assert right > PRECISION
    assert found.precision is not None
    assert found.precision >= PRECISION


def test_words_that_tell_nothing_give_no_persona() -> None:
    vectors, truth = texts(np.random.default_rng(2), 80, 0.0)
    named = {text: {truth[text]} for text in truth if int(text[2:]) < 40}
    unnamed = [text for text in truth if text not in named]
    assert len(infer(vectors, named, {text: text for text in truth}, unnamed).personas) < 0.1 * len(unnamed)


def test_a_large_persona_does_not_lend_its_average_to_a_small_one() -> None:
    rng = np.random.default_rng(3)
    vectors, truth = texts(rng, 60, 0.0)
    named = {text: {0 if persona else 1} for text, persona in truth.items()}  # two thirds are persona 0, at random
    extra = {f"9-{i:03d}": np.asarray(rng.normal(size=8)) for i in range(50)}
    found = infer(vectors | extra, named, {text: text for text in (*truth, *extra)}, list(extra))
    assert all(persona != 1 for persona, _ in found.personas.values())


def test_near_copies_never_judge_each_other() -> None:
    """Every text is a copy of one of six messages: with copies in other folds all would come out right."""
    rng = np.random.default_rng(4)
    messages = rng.normal(size=(30, 8))
    vectors = {f"t{i:03d}": messages[i % 30] for i in range(300)}
    named = {f"t{i:03d}": {int(i % 30 % 2)} for i in range(300)}
    groups = {f"t{i:03d}": str(i % 30) for i in range(300)}
    found = infer(vectors, named, groups, [])
    assert found.precision is None or found.coverage is None or found.coverage < 0.6


def test_too_few_named_texts_teach_nothing() -> None:
    vectors, truth = texts(np.random.default_rng(5), 3, 3.0)
    found = infer(vectors, {text: {truth[text]} for text in truth}, {text: text for text in truth}, [])
    assert (found.personas, found.bars) == ({}, {})
