"""What an extractive reader sees of a word: the word, its clause, its sentence, and where that stands in the ad.

Words of one clause share the clause's and the sentence's features, so those are scored once and added:
that is what makes reading fast enough in plain Python. Every feature is a short string, of two words of the
ad at most; a model is a weight per feature and field.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise

from counterpitch.pillars import grammar, residue, spans
from counterpitch.pillars.lexicon import classes

QUOTED = re.compile(r"[\w']+")  # a word of a quote
_WORD = re.compile(r"[^\W_]+(?:['’.,][^\W_]+)*%?|[#@$€£₹%&+]")
_YOU = {"you", "your", "you're", "you've"}
_ME = {"i", "my", "me"}
_PERSON = {"i", "my", "we", "our", "me", "us", "they", "he", "she"}
_LITTLE = "a an the of for and or to in on with your you my their at by from as is are be it its"
STOP = frozenset(_LITTLE.split())
_EMOJI = re.compile("[\U0001f300-\U0010ffff]")
_START = 80  # characters that an ad opens with


@dataclass(frozen=True)
class Ad:
    """An ad cut once for all that is read of it: its sentences, residue left out, and each one's words, lower-case."""

    text: str
    masked: str
    sentences: tuple[spans.Piece, ...]
    words: tuple[tuple[str, ...], ...]

    @cached_property
    def said(self) -> tuple[str, ...]:
        """All words, lower-case, in order."""
        return tuple(chain.from_iterable(self.words))


@dataclass(frozen=True)
class Word:
    """A word by its offsets in the ad, and its features of its own."""

    start: int
    end: int
    lower: str
    features: tuple[str, ...]


@dataclass(frozen=True)
class Clause:
    """A clause: the features its words share, and its words."""

    piece: spans.Piece
    features: tuple[str, ...]
    words: tuple[Word, ...]


def cut(text: str) -> Ad:
    """The ad, cut; every reader of it shares the cuts."""
    masked = residue.mask(text)
    sentences = tuple(spans.sentences(text, masked))
    words = tuple(tuple(w.lower() for w in _WORD.findall(text[s.start : s.end])) for s in sentences)
    return Ad(text, masked, sentences, words)


def clauses(ad: Ad) -> list[Clause]:
    """The ad as clauses in order, each with its features and its words."""
    lines = [s.line for s in ad.sentences]
    found: list[Clause] = []
    before = "<start>"
    for i, (sentence, words) in enumerate(zip(ad.sentences, ad.words, strict=True)):
        if not words:
            continue
        shared = _sentence(ad, i, lines, before)
        cuts = spans.clauses(ad.text, sentence)
        found += [_clause(ad.text, piece, number, len(cuts), shared) for number, piece in enumerate(cuts)]
        before = words[0]
    return found


def of_text(ad: Ad) -> list[str]:
    """Features of the whole ad: its words, their classes, its shape; each once."""
    words = dict.fromkeys(ad.said)
    first = ad.said[0] if ad.said else ""
    return [
        "bias",
        f"d.sentences={min(len(ad.sentences), 9)}",
        f"d.words={_bucket(len(ad.said))}",
        f"d.asks={'?' in ad.text}",
        f"d.exclaims={min(ad.text.count('!'), 3)}",
        f"d.marked={any(s.marked for s in ad.sentences)}",
        *[f"d:{w}" for w in words],
        *dict.fromkeys([f"d/{k}" for w in words for k in classes(w)]),
        *(f"d.first/{k}" for k in classes(first)),
        f"d.first={first}",
    ]


def of_voice(ad: Ad) -> list[str]:
    """Features of the whole ad for its tone, beside those of `of_text`: who speaks, how loud, how long."""
    text, words = ad.text, ad.said
    kinds = Counter(kind for word in words for kind in set(classes(word)))
    start = text[:_START]
    letters = sum(map(str.isalpha, text))
    return [
        *[f"n/{kind}={min(count, 3)}" for kind, count in sorted(kinds.items())],
        f"d.i={min(sum(w in _ME for w in words), 2)}",
        f"d.you={min(sum(w.startswith('you') for w in words), 2)}",
        f"d.emoji={0 if text.isascii() else min(len(_EMOJI.findall(text)), 3)}",
        f"d.hash={min(text.count('#'), 2)}",
        f"d.quote={'“' in text or '”' in text or text.count(chr(34)) > 1}",
        f"d.caps={4 * sum(map(str.isupper, text)) // max(1, letters)}",
        f"d.neg={min(sum(w in grammar.listed('negation') for w in words), 2)}",
        f"d.end={'?' if '?' in start else '!' if '!' in start else '.'}",
        f"d.verb={bool(words) and words[0] in grammar.listed('verb')}",
        f"d.short={len(words) // max(1, len(ad.sentences)) // 3}",
    ]


def of_quoted_word(words: Sequence[str], i: int) -> list[str]:
    """Features of the i-th word of a quote, for whether the quote's short name keeps it."""
    word, before, after = words[i], words[i - 1] if i else "<", words[i + 1] if i + 1 < len(words) else ">"
    return [
        "bias",
        f"w:{word}",
        f"stem:{stem(word)}",
        f"w-1:{before}",
        f"w+1:{after}",
        f"at={min(i, 4)}",
        f"left={min(len(words) - 1 - i, 4)}",
        f"words={min(len(words), 12) // 2}",
        f"end3={word[-3:]}",
        f"end2={word[-2:]}",
        f"long={min(len(word), 8)}",
        *(f"w/{k}" for k in classes(word)),
        *(f"w-1/{k}" for k in classes(before)),
        *(f"w+1/{k}" for k in classes(after)),
    ]


def of_quote(words: Sequence[str]) -> list[str]:
    """Features of a quote, for the words that its short name adds ("learners", "avoiding"); with `of_text`'s."""
    return [
        "bias",
        *{f"q:{w}" for w in words},
        *{f"q.stem:{stem(w)}" for w in words},
        *{f"q/{k}" for w in words for k in classes(w)},
        f"q.first={words[0] if words else ''}",
        *(f"q.first/{k}" for k in classes(words[0] if words else "")),
        f"q.words={min(len(words), 10) // 2}",
        f"q.foreign={any(not w.isascii() and ord(w[0]) > 0x24F for w in words)}",
    ]


def quoted_words(quote: str) -> list[str]:
    """The words of a quote, lower-case."""
    return QUOTED.findall(quote.lower())


def stem(word: str) -> str:
    """`word` without its commonest English ending; never empty."""
    return re.sub(r"(ing|ed|ly|es|s)$", "", word) or word


def _sentence(ad: Ad, i: int, lines: list[int], before: str) -> list[str]:
    text, sentences, words, s = ad.text, ad.sentences, ad.words[i], ad.sentences[i]
    said = text[s.start : s.end]
    left = min(len(sentences) - 1 - i, 4)
    following = text[s.end : s.end + 1]
    kind = said[-1] if said[-1] in "?!." else following if following in {"?", "!", "…"} else "w"
    long = _bucket(len(words))
    features = [
        "bias",
        f"s.at={min(i, 4)}",
        f"s.left={left}",
        f"s.of={min(len(sentences), 8)}",
        f"s.end={kind}",
        f"s.marked={s.marked}",
        f"s.marked.at={s.marked}{min(i, 2)}",
        f"s.words={long}",
        f"s.alone={lines.count(s.line) == 1}",
        f"s.lines.left={min(lines[-1] - s.line, 4)}",
        f"s.first={words[0]}",
        f"s.second={words[0]}_{words[1] if len(words) > 1 else ''}",
        f"s.before={before}",
        f"s.end.at={kind}{min(i, 2)}",
        f"s.words.left={long}{min(left, 2)}",
        f"s.voice={'you' if _YOU.intersection(words) else 'person' if _PERSON.intersection(words) else 'none'}",
    ]
    if said.isupper():
        features.append("s.upper")
    if not said.isascii() and sum(c.isalpha() and ord(c) > 0x24F for c in said) > len(said) / 3:
        features.append("s.foreign")
    features += {f"s:{w}" for w in words}
    features += {f"s/{k}" for w in words for k in classes(w)}
    features += [f"s.first/{k}" for k in classes(words[0])]
    return features


def _clause(text: str, cut: spans.Piece, number: int, of: int, shared: list[str]) -> Clause:
    said = text[cut.start : cut.end]
    spots = list(_WORD.finditer(said))
    words = [m.group().lower() for m in spots]
    first, last = (words[0], words[-1]) if words else ("", "")
    features = [
        *shared,
        f"c.at={min(number, 3)}",
        f"c.left={min(of - 1 - number, 3)}",
        f"c.of={min(of, 4)}",
        f"c.words={_bucket(len(words))}",
        f"c.joint={_joint(text[max(0, cut.start - 6) : cut.start])}",
        f"c.first={first}",
        f"c.second={first}_{words[1] if len(words) > 1 else ''}",
        f"c.last={last}",
        f"c.digit={any(w[0].isdigit() for w in words)}",
        *{f"c:{w}" for w in words},
        *{f"c2:{a}_{b}" for a, b in pairwise(words)},
        *{f"c/{k}" for w in words for k in classes(w)},
        *(f"c.first/{k}" for k in classes(first)),
        *(f"c.last/{k}" for k in classes(last)),
    ]
    return Clause(cut, tuple(features), tuple(_word(m, cut.start, i, words) for i, m in enumerate(spots)))


def _joint(before: str) -> str:
    """What joins a clause to the one before it: a mark, a word such as "and", or nothing."""
    mark = before.strip().lower()
    if not mark:
        return ""
    return mark.split()[-1] if mark[-1].isalnum() else mark[-1]


def _word(found: re.Match[str], offset: int, i: int, words: list[str]) -> Word:
    raw, lower, many = found.group(), words[i], len(words)
    before = words[i - 1] if i else "<"
    after = words[i + 1] if i + 1 < many else ">"
    shape = "9" if raw[0].isdigit() else "A" if raw.isupper() and len(raw) > 1 else "Aa" if raw[0].isupper() else "a"
    features = (
        f"w:{lower}",
        f"w-1:{before}",
        f"w+1:{after}",
        f"w-2:{words[i - 2] if i > 1 else '<'}",
        f"w+2:{words[i + 2] if i + 2 < many else '>'}",
        f"w.end={lower[-3:]}",
        f"w.shape={shape}",
        f"w.at={min(i, 4)}",
        f"w.left={min(many - 1 - i, 4)}",
        f"w.shape.at={shape}{min(i, 1)}",
        *[f"w/{k}" for k in classes(lower)],
        *[f"w-1/{k}" for k in classes(before)],
        *[f"w+1/{k}" for k in classes(after)],
    )
    return Word(offset + found.start(), offset + found.end(), lower, features)


def _bucket(count: int) -> int:
    return count if count < 6 else 6 if count < 9 else 9 if count < 14 else 14
