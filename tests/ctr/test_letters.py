"""Known runs of letters are counted as scikit-learn's char_wb counts them, whatever stands in the words."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from counterpitch.ctr.letters import LetterRuns
from counterpitch.ctr.vectors import LETTERS

WORD = st.text(st.sampled_from("aab'0é\U0001f372\0"), min_size=1, max_size=9)


@given(st.lists(WORD, min_size=1, max_size=8), st.lists(WORD, min_size=1, max_size=8))
@settings(max_examples=60)
def test_counts_are_those_of_scikit_learn(learnt: list[str], asked: list[str]) -> None:
    learner = CountVectorizer(analyzer="char_wb", ngram_range=LETTERS).fit(learnt)
    runs = [str(run) for run in learner.get_feature_names_out()][::2]  # not each run whose beginning is known, too
    theirs = CountVectorizer(analyzer="char_wb", ngram_range=LETTERS, vocabulary=runs).transform(asked)
    mine = LetterRuns(runs).counted(asked)
    assert mine.has_sorted_indices
    np.testing.assert_array_equal(mine.toarray(), theirs.toarray())


def test_no_runs_and_no_words_are_no_counts() -> None:
    assert LetterRuns([]).counted(["word"]).shape == (1, 0)
    assert LetterRuns(["wo"]).counted([]).shape == (0, 1)
