"""How unexpected each word of a text is after the two before it, by the phrases that the corpus knows.

A headline that goes on as others do reads otherwise than one that surprises at every word. Stupid backoff (Brants et
al. 2007, https://aclanthology.org/D07-1090): of the texts with the two words before, the share that goes on so; where
none does, BACKED times what one word before, or none, tells. Counts are of the other texts: one less where the text is
in the corpus itself, so that it is not expected because of itself, and reads as it would had the corpus not held it.
A phrase that one text holds is not stored, so one that a single other text holds counts as unheard for every text.
"""

from __future__ import annotations

import numpy as np

from counterpitch.ctr.vectors import TextVectors
from counterpitch.ctr.words import Pieces, Words

NAME = "surprise"
BACKED = 0.4
LEAST = 2
"""Other texts that a phrase needs to be heard of."""


def measure(words: Words, vectors: TextVectors) -> np.ndarray:
    """Mean surprise of each text's words, in nats (texts); 0 where a text has none."""
    tokens = words.tokens
    count = np.maximum(1, np.bincount(tokens.row, minlength=words.count))
    return np.asarray(tokens.per_text(of_tokens(tokens, vectors, vectors.lexicon.own(words))) / count)


def of_tokens(tokens: Pieces, vectors: TextVectors, own: np.ndarray) -> np.ndarray:
    """Minus the log-probability of each token (tokens, nats) after the up to two before it in its text.

    own: mask over the texts, those that the corpus holds.
    """
    lexicon, row = vectors.lexicon, tokens.row
    last = lexicon.look_up(tokens.names)[tokens.number] + 1
    middle, first = _earlier(last, 1), _earlier(last, 2)
    second, third = _earlier(row + 1, 1) == row + 1, _earlier(row + 1, 2) == row + 1
    base = len(lexicon.names) + 1
    less = own[row].astype(float)
    alone = np.maximum(lexicon.holding(tokens.names)[tokens.number] - less, 0.0)
    known = second & (last > 0) & (middle > 0)
    pair = _others(vectors, middle + last * base, known, less)
    three = _others(vectors, first + middle * base + last * base**2, known & third & (first > 0), less)
    said = -np.log((alone + 0.5) / np.maximum(1.0, lexicon.texts - less))
    said = _after(said, pair, _earlier(alone, 1), second)
    return np.asarray(np.maximum(_after(said, three, _earlier(pair, 1), third), 0.0))


def _earlier(values: np.ndarray, places: int) -> np.ndarray:
    """The value so many places before each, 0 where there is none."""
    return np.asarray(np.concatenate([np.zeros(places, dtype=values.dtype), values])[: len(values)])


def _after(said: np.ndarray, together: np.ndarray, before: np.ndarray, follows: np.ndarray) -> np.ndarray:
    """`said` where nothing comes before; else by the share of `before` that goes on so, or BACKED times as likely."""
    found = (together > 0) & (before > 0)
    share = np.where(found, together / np.maximum(np.maximum(before, together), 1.0), 1.0)
    return np.where(found, -np.log(share), said - np.where(follows, np.log(BACKED), 0.0))


def _others(vectors: TextVectors, keys: np.ndarray, asked: np.ndarray, less: np.ndarray) -> np.ndarray:
    """How many other texts of the corpus hold each phrase that is `asked` for; 0 where fewer than two do."""
    if "word" not in vectors.phrases:
        return np.zeros(len(keys))
    held_by = np.round((1 + vectors.lexicon.texts) / np.exp(vectors.weighing["word"].idf_ - 1)) - 1
    column = vectors.find("word", keys)
    others = held_by[column] - less
    return np.asarray(np.where(asked & (column >= 0) & (others >= LEAST), others, 0.0))
