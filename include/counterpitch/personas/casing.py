"""How the market's ads write a word when nothing forces a capital: "english" -> "English", "ai" -> "AI".

Pillar values are lower case; a brief that says "speak english with ai" reads like a machine wrote it. The
ads themselves know better, in every language, so they are asked, and no word list is kept.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_UP_TO = re.compile(
    r" (?:of|for|with|without|in|on|at|to|that|who|from|after|before|by|about|than|around|per)\b|[,;:(]"
)
_PLURAL = re.compile(r"(?<![su'’])s$|ing$")
_DETERMINED = {
    "a", "an", "the", "my", "our", "your", "no", "less", "more", "fewer", "enough", "to", "one", "two", "every", "all",
    "some", "any", "each", "help", "plenty",
}  # fmt: skip
_OTHER_DETERMINERS = {"the", "my", "our", "your", "their", "this", "that", "some", "more", "less", "enough", "all"}
_ENDS = _DETERMINED | _OTHER_DETERMINERS | {
    "of", "for", "with", "without", "in", "on", "at", "that", "who", "from", "after", "before", "by", "about", "than",
    "around", "per", "and", "or", "but", "is", "are", "was", "will", "can", "you", "we", "i", "it", "they",
    "when", "if",
}  # fmt: skip
_CLAUSES = re.compile(r"[.!?:;,…\n\r•–—|“”\"()]")
_CLAUSE_END = re.compile(r"[.!?:;…\n\r•\-–—|“”\"(]\s*$|[^\w\s,'’&%/$€£+]\s*$")


class Casing:
    """The usual written form of each word, and which nouns take an article, from running text."""

    def __init__(self, texts: Iterable[str]) -> None:
        forms: dict[str, Counter[str]] = defaultdict(Counter)
        self._articled: Counter[str] = Counter()
        self._determined: Counter[str] = Counter()
        for text in texts:
            self._count_articles(text)
            for word in _running_words(text):
                forms[word.casefold()][word] += 1
        self._form = {
            folded: max(sorted(counts), key=lambda form, c=counts: c[form])  # type: ignore[misc]
            for folded, counts in forms.items()
            if len(counts) > 1 or folded not in counts
        }

    def apply(self, phrase: str) -> str:
        """The phrase with each lower-case word in its usual form; words that carry a capital stay as they are."""
        return _WORD.sub(lambda found: self._usual(found[0]), phrase)

    def with_article(self, phrase: str, after: str = "") -> str:
        """ "cheaper grocery bill" -> "a cheaper grocery bill", where the ads themselves say "a ... bill".

        `after`: words that the phrase may begin with and that stay in front.
        """
        if phrase[:1] in "“«‹":
            return phrase
        lead = after + " " if after and phrase.startswith(after + " ") else ""
        said = phrase[len(lead) :]
        words = [word.casefold() for word in _WORD.findall(_UP_TO.split(said)[0])]
        if (after and not lead) or not words or words[0] in _DETERMINED or _PLURAL.search(words[-1]):
            return phrase
        noun = words[-1]
        if self._articled[noun] < 2 or self._articled[noun] < 0.2 * self._determined[noun]:
            return phrase
        return f"{lead}{'an' if said[:1].casefold() in 'aeiou' else 'a'} {said}"

    def _count_articles(self, text: str) -> None:
        """Count the nouns that determiners belong to; a mass noun ("your time") has others than "a"."""
        for clause in _CLAUSES.split(text):
            words = [word.casefold() for word in _WORD.findall(clause)]
            for i, word in enumerate(words):
                if word in {"a", "an"} and words[max(i - 1, 0)] != "at":  # "one at a time" tells nothing of time
                    self._articled.update(_head(words[i + 1 : i + 6]))
                elif word in _OTHER_DETERMINERS:
                    self._determined.update(_head(words[i + 1 : i + 6]))

    def _usual(self, word: str) -> str:
        return self._form.get(word, word) if word.islower() else word


def _head(words: list[str]) -> list[str]:
    """The last word of the noun phrase that these words begin with; none where its end is not seen.

    "full dinner plan every sunday" -> "plan": the dinner of a dinner plan takes no article for it.
    """
    end = next((i for i, word in enumerate(words) if word in _ENDS), len(words))
    return words[end - 1 : end] if 0 < end < 5 else []


def capitalise(phrase: str) -> str:
    """The phrase with its first letter large, the rest untouched ("iPhone" stays "iPhone")."""
    first = phrase.split(maxsplit=1)[:1]
    if first and any(letter.isupper() for letter in first[0]):
        return phrase
    return phrase[:1].upper() + phrase[1:]


def _running_words(text: str) -> Iterable[str]:
    """Words whose capital, if any, is their own: not the first of a clause, not in a line of Headline Case."""
    for line in text.splitlines():
        words = list(_WORD.finditer(line))
        capitals = sum(word[0][0].isupper() for word in words)
        if len(words) > 2 and capitals > 0.6 * len(words):
            continue
        for word in words:
            before = line[: word.start()]
            if before.strip() and not _CLAUSE_END.search(before):
                yield word[0]
