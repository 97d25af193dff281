"""Which words a market's English uses as things and which as deeds, and the phrases that can stand alone.

No tagger is kept: the ads themselves show it. What ends a run of words after "your" or "for" is a thing; what follows
"to", or stands before "your", is a deed. A phrase is a noun phrase, a verb with its object or a comparison with its
second half, and it begins and ends where one does, so that a name is never a piece cut out of a sentence.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

from counterpitch.personas.embed import THINGS, concepts_of, is_person, stopwords
from counterpitch.pillars import grammar as english
from counterpitch.pillars import lexicon

LONGEST = 6  # words of a phrase
_LONGEST_RUN = 4  # words after a determiner of which the last is still taken for its thing
_ARTICLED = 0.2  # share of a thing's uses after a determiner that are after "a", from which it is one of many
_WORD = re.compile(r"[£$€₹]?[^\W_]+(?:[.,:]\d+)?(?:['’&-][^\W_]+)*[%+]?")
_ABBREVIATED = re.compile(r"(?<!\w)([^\W\d_])\.([^\W\d_])(?:\.(?=\s+[^\W\dA-Z_])|\b)")  # "p.m." ends no clause
_CLAUSES = re.compile(r"[.!?;:…\n\r•–—|“”\"(){}\[\],/]|\s[-+&]\s")
_TAG = re.compile(r"[#@]\w+|https?://\S+|www\.\S+")
_SUFFIX = re.compile(r"\w{3,}(?:ness|ment|tion|sion|ity|ship|ance|ence|ism|ency|ology)s?$")  # of things
_OF_NO_THING = re.compile(r"(?:\w{4,}est|\w{3,}ly|\w+ier|\w*[^e]ed|.*'s)$")
_COMPARED = re.compile(r"\w{2,}er$")
_PEOPLE = re.compile(
    r"(?:\w*(?:mates|parents|folks?|wives|men|women|households|vegans|coeliacs|adults|kids|mums|dads|mothers|fathers|"
    r"children|people|staff)|\w{3,}(?:ers|ors|ists|ians|eers))$"
)
_ARTICLES = frozenset({"a", "an", "the"})
_OWNERS = frozenset({"your", "my", "our", "their", "his", "her", "its"})
_WITH_GERUND = frozenset({"with", "without", "in", "for"})  # "speaking with confidence"
_SAYS_OF = frozenset({"it", "he", "she", "that", "which", "who"})  # before a verb with -s


class Grammar:
    """Word classes counted from running English text."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._thing: Counter[str] = Counter()
        self._deed: Counter[str] = Counter()
        self._done_to: set[tuple[str, str]] = set()  # a deed and the word after it: "to plan dinner"
        self._before: Counter[str] = Counter()  # stands before the thing in its run: "food" of "food waste"
        self._alone: Counter[str] = Counter()  # stands as a thing with nothing before it: "your plans"
        self._articled: Counter[str] = Counter()
        self._compared: Counter[str] = Counter()
        for text in texts:
            for words in clauses(text):
                for i in range(len(words)):
                    self._count(words, i)

    def phrases(self, text: str) -> Iterator[str]:
        """The phrases of a text that can stand alone, lower case, as often as they stand there."""
        for words in clauses(text):
            for start in range(len(words)):
                for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
                    if (
                        self._opens(words, start)
                        and self._closes(words, end)
                        and self.is_whole(words[start:end])
                        and not self._is_denied(words, start, end)
                        and not self._may_be_parted(words, start, end)
                    ):
                        yield " ".join(words[start:end])

    def is_whole(self, words: Sequence[str]) -> bool:
        """Whether folded words are one phrase that stands alone."""
        return self._is_noun_phrase(words) or self._is_verb_phrase(words) or self._is_comparison(words)

    def is_order(self, words: Sequence[str]) -> bool:
        """Whether a phrase tells somebody to do something: "set a weekly budget"."""
        if words[0].endswith("ing") or not self._is_verb_phrase(words):
            return False
        return tuple(words[:2]) in self._done_to or not self._is_noun_phrase(words)

    def is_specific(self, words: Sequence[str]) -> bool:
        """Whether a phrase says something: its thing is more than a "part" or "people", or is told of what."""
        if len(words) == 1 and "anybody" in concepts_of(words[0], ("audience",)):
            return False
        if _thing_of(words) in _listed("whereabouts"):
            return False
        if words[-1].removesuffix("s") in _listed("shell") and (len(words) < 3 or words[-2] in _ARTICLES):
            return False  # "step at a time"
        return _thing_of(words).removesuffix("s") not in _listed("shell") or _thing_of(words) != words[-1]

    def wants_article(self, words: Sequence[str]) -> bool:
        """Whether a phrase is one thing of many, which English says with "a": "fluent speaker", not "food waste"."""
        thing = _thing_of(words)
        return self._articled[thing] > 1 and self._articled[thing] > _ARTICLED * self._thing[thing]

    def head(self, words: Sequence[str]) -> str:
        """The thing that a noun phrase is about: "families with allergies" -> "families"; "" for another phrase."""
        return _thing_of(words) if self._is_noun_phrase(words) else ""

    def is_thing(self, word: str) -> bool:
        """Whether the word is used as a thing, in this form or as its singular or plural."""
        if _is_small(word) or word in _listed("quantity") or _OF_NO_THING.match(word) or not word[0].isalpha():
            return False
        if is_people(word):
            return True
        if self._is_comparative(word) or not self._may_be_thing(word):
            return False
        thing = sum(self._thing[form] for form in _forms(word)) + (_SUFFIX.match(word) is not None)
        return thing > self._deed[word] and 4 * thing >= self._before[word]

    def _may_be_thing(self, word: str) -> bool:
        """Whether nothing speaks against it: a verb is a thing too only where the ads have one or say it alone."""
        if word in _listed("past"):
            return False
        if word in verbs()[0]:
            return self._articled[word] > 0
        return not _is_verb_with_s(word) or self._alone[word] > 0 or any(self._articled[form] for form in _forms(word))

    def is_deed(self, word: str) -> bool:
        """Whether the word is used as a verb, in the plain form, with -s or of the past."""
        if word in _listed("past"):
            return True
        if word.isdigit() or _is_small(word) or word in _listed("quantity") or _is_number(word):
            return False
        if _is_adverb(word):
            return False
        if self._deed[word] or self._thing[word]:
            return self._deed[word] >= self._thing[word]
        return word in english.listed("verb") or _is_verb_with_s(word)

    def _is_comparative(self, word: str) -> bool:
        """Whether the word compares: "faster", which the ads follow with "than"."""
        return _COMPARED.match(word) is not None and self._compared[word] > 0

    def _is_noun_phrase(self, words: Sequence[str]) -> bool:
        """[no more] modifiers thing, then any number of: of|for|with|in... [the] modifiers thing."""
        start = next((i for i, word in enumerate(words[:-1]) if word not in _listed("lead")), len(words) - 1)
        if start and self._articled[_thing_of(words)] > 1:  # "no plan", "more decision": one of many, and said of none
            return False
        if words[start].endswith("'s") or (_is_number(words[0]) and len(words) < 3):
            return False
        at = self._end_of_thing(words, start)
        while at is not None and at < len(words):
            if words[at] not in _listed("link"):
                return False
            after = at + 1
            while after < len(words) and words[after] in _ARTICLES:
                after += 1
            at = self._end_of_thing(words, after)
        return at is not None

    def _end_of_thing(self, words: Sequence[str], start: int) -> int | None:
        """Where the modifiers and the thing that begin at `start` end; None where no thing ends them."""
        at = start
        while at < len(words) and not _is_small(words[at]) and not self.is_deed(words[at]):
            at += 1
        if at == start or not self.is_thing(words[at - 1]):
            return None
        if any(word in _listed("quantity") for word in words[start + 1 : at]):
            return None
        if any(is_people(word) for word in words[start : at - 1]):  # two things pasted together
            return None
        if at - start > 1 and _is_plural(words[at - 2]) and _is_verb(words[at - 1]):  # "triathletes plan"
            return None
        verb = words[start].endswith("ing") or _is_verb(words[start])
        return None if at - start > 1 and verb and not self._before[words[start]] else at

    def _is_verb_phrase(self, words: Sequence[str]) -> bool:
        """A verb in the plain form or with -ing, [your|a|the], a noun phrase [, an adverb]."""
        first = words[0]
        rest: Sequence[str] = words[1:]
        gerund = first.endswith("ing") and base(first) is not None
        done = self.is_deed(first) or tuple(words[:2]) in self._done_to
        plain = first in verbs()[0] or (done and _is_verb(first) and not first.endswith("s"))
        if first in _listed("call") or first in _listed("past") or not (gerund or plain):
            return False
        if len(rest) > 1 and rest[-1].endswith("ly"):
            rest = rest[:-1]
        if gerund and rest[:1] and rest[0] in _WITH_GERUND:
            rest = rest[1:]
        rest = _after_determiner(rest)
        return bool(rest) and self._is_noun_phrase(rest)

    def _is_comparison(self, words: Sequence[str]) -> bool:
        """[4x] faster than [your] thing or doing: "4x faster than typing"."""
        if "than" not in words[1:3] or not self._is_comparative(words[words.index("than") - 1]):
            return False
        after = _after_determiner(words[words.index("than") + 1 :])
        return bool(after) and (self._is_noun_phrase(after) or (len(after) == 1 and base(after[0]) is not None))

    def _opens(self, words: Sequence[str], start: int) -> bool:
        """Whether a phrase may begin there: at the clause's start, after a small word, after a verb."""
        if is_ordinal(words[start]):
            return False
        if not start:
            return True
        before = words[start - 1]
        if before in _listed("lead") or before in _listed("quantity") or _is_negation(before):
            return False
        return words[start] in _listed("lead") or _is_small(before) or self.is_deed(before)

    def _closes(self, words: Sequence[str], end: int) -> bool:
        """Whether a phrase may end there: at the clause's end, before a verb or a small word that does not go on."""
        return end == len(words) or (_is_small(words[end]) and words[end] != "of") or self.is_deed(words[end])

    def _is_denied(self, words: Sequence[str], start: int, end: int) -> bool:
        """Whether what stands before a phrase denies it; who is spoken to is the same either way."""
        return _denies(words[:start]) and not is_people(self.head(words[start:end]))

    def _may_be_parted(self, words: Sequence[str], start: int, end: int) -> bool:
        """Whether what joins the phrase's parts may belong to a verb before it: "reads | every recipe | for nuts"."""
        joined = any(word in _listed("link") and word != "of" for word in words[start:end])
        if not joined or not self._is_noun_phrase(words[start:end]):
            return False
        before = start - 1
        while before >= 0 and words[before] in _listed("object"):
            before -= 1
        return before >= 0 and not _is_small(words[before])

    def _count(self, words: Sequence[str], i: int) -> None:
        word, before = words[i], words[i - 1] if i else ""
        after = words[i + 1] if i + 1 < len(words) else ""
        self._compared[word] += after == "than"
        if _is_small(word):
            if word in _listed("object") or (word in english.listed("preposition") and word != "to"):
                self._count_run(words, i + 1)
        elif _is_adverb(word):
            return
        elif before in _listed("before_deed") and (before != "to" or _is_verb(word) or after in _listed("object")):
            self._deed[word] += 1
            self._done_to.add((word, after))
        elif (before in _SAYS_OF and word.endswith("s")) or (
            after in _listed("object") and _is_verb(word) and (not before or not _is_small(before))
        ):
            self._deed[word] += 1

    def _count_run(self, words: Sequence[str], start: int) -> None:
        """Count the run of words that begins at `start` and ends before a small word: its last is a thing."""
        end = start
        while end < len(words) and not _is_small(words[end]):
            end += 1
        if start < end <= start + _LONGEST_RUN:
            self._thing[words[end - 1]] += 1
            self._alone[words[end - 1]] += end == start + 1
            self._articled[words[end - 1]] += words[start - 1] in {"a", "an"}
            self._before.update(words[start : end - 1])


def clauses(text: str) -> Iterator[list[str]]:
    """The words of each clause of a text, case folded; tags and addresses are none."""
    plain = _ABBREVIATED.sub(r"\1\2", _TAG.sub(".", text.replace("’", "'")))
    for clause in _CLAUSES.split(plain):
        if words := [word.casefold() for word in _WORD.findall(clause)]:
            yield words


def is_denied(phrase: str, text: str) -> bool:
    """Whether a text turns a phrase down wherever it says it: "late fee" in "Never pay a late fee"."""
    wanted = [word for clause in clauses(phrase) for word in clause]
    before = [
        words[:start]
        for words in clauses(text)
        for start in range(len(words) - len(wanted) + 1)
        if wanted and words[start : start + len(wanted)] == wanted
    ]
    return bool(before) and all(map(_denies, before))


def is_people(word: str) -> bool:
    """Whether a folded word is the plural of people, by the lists or by its ending: "dentists", but not "dinners"."""
    if _PEOPLE.match(word):
        return word not in THINGS
    return word.endswith("s") and "person" in lexicon.classes(word) and is_person(word)


def is_ordinal(word: str) -> bool:
    """Whether a word stands on the one before it: of "your first week" no "first week" is cut."""
    return word in _listed("ordinal")


@lru_cache(maxsize=1)
def verbs() -> tuple[frozenset[str], frozenset[str]]:
    """English verbs recognised in the plain form, and those recognised by their -ing form (all of them)."""
    lines = (Path(__file__).parent / "verbs.txt").read_text(encoding="utf-8").splitlines()
    plain = {word for line in lines if line[:1] not in {"#", "+"} for word in line.split()}
    return frozenset(plain), frozenset(plain | {w for line in lines if line.startswith("+") for w in line[1:].split()})


def base(gerund: str) -> str | None:
    """The plain form of a verb with -ing, None where it is no verb we know: "cutting" -> "cut"."""
    if not gerund.endswith("ing"):
        return None
    stem = gerund[:-3]
    undoubled = stem[:-1] if len(stem) > 2 and stem[-1] == stem[-2] else stem
    return next((form for form in (stem, stem + "e", undoubled) if form in verbs()[1]), None)


@cache
def _listed(kind: str) -> frozenset[str]:
    """The words of one list of grammar.toml."""
    return frozenset(tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))[kind].split())


@lru_cache(maxsize=65536)
def _is_small(word: str) -> bool:
    """Whether a word is a function word, an adverb or a negation: a part of no thing."""
    if word in stopwords("en") or word in _listed("adverb"):
        return True
    small = english.is_common(word) or word in english.listed("negation")
    return small and word not in english.listed("verb") and word not in _listed("lead")


def _denies(before: Sequence[str]) -> bool:
    """Whether words turn down what follows them in their clause: "never pay a | late fee", "no more paying | fees".

    What stands before a "but" denies nothing behind it, nor "without" and "less" behind an "and".
    """
    said = _after(before, "but")
    joined = _after(said, "and")
    if any(_is_denial(said, i) and (word != "without" or word in joined) for i, word in enumerate(said)):
        return True
    return any(
        word in {"no", "less", "fewer", "zero"}
        and any(base(after) is not None for after in joined[i + 1 : i + 3] if after not in _listed("lead"))
        for i, word in enumerate(joined)
    )


def _after(words: Sequence[str], word: str) -> Sequence[str]:
    """The words behind the last `word`; all where it is not among them."""
    return words[len(words) - list(words)[::-1].index(word) :] if word in words else words


def _is_denial(words: Sequence[str], i: int) -> bool:
    """Whether the i-th word denies: a bus stop and "don't wait" do not."""
    before, after = words[i - 1] if i else "", words[i + 1] if i + 1 < len(words) else ""
    if words[i] == "stop" and after and not after.endswith("ing"):
        return False
    if {f"{words[i]}_{after}", f"{before}_{words[i]}"} & _listed("granted"):
        return False
    return _is_negation(words[i])


def _is_negation(word: str) -> bool:
    """Whether a word turns what follows to its opposite and is no part of its phrase, as "no" and "less" are."""
    return word in english.listed("negation") - _listed("lead") or word in _listed("negation")


def _is_number(word: str) -> bool:
    return not word[0].isalpha() or word in _listed("number")


def _is_verb_with_s(word: str) -> bool:
    if not word.endswith("s") or word.endswith("ss") or word in english.listed("noun_too"):
        return False
    return any(form in verbs()[1] or form in english.listed("verb") for form in (word[:-1], word[:-2]))


def _is_verb(word: str) -> bool:
    """Whether the word is the plain form of a verb that we know, or that with -s."""
    return word in verbs()[1] or word in english.listed("verb") or _is_verb_with_s(word)


def _is_adverb(word: str) -> bool:
    return word.endswith("ly") and len(word) > 4 and not _is_verb(word)


def _is_plural(word: str) -> bool:
    return len(word) > 3 and word.endswith("s") and word[-2] not in "sui"


def _after_determiner(words: Sequence[str]) -> Sequence[str]:
    return words[1:] if words and words[0] in _ARTICLES | _OWNERS else words


def _thing_of(words: Sequence[str]) -> str:
    """The last word before the first "of", "with" and the like."""
    return next((words[i - 1] for i, word in enumerate(words) if i and word in _listed("link")), words[-1])


def _forms(word: str) -> tuple[str, ...]:
    """A word with its singular or plural."""
    if word.endswith("ies"):
        return (word, word[:-3] + "y")
    if word.endswith("s") and not word.endswith("ss"):
        return (word, word[:-1], word[:-2])
    return (word, word + "s")
