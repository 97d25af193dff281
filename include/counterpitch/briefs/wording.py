"""English that holds when words are put together: articles, singulars, wishes, counts, quotes.

A brief is read aloud, and one "a hour" costs it its credit. What cannot be bent with certainty is not bent
but quoted as the ads say it.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from counterpitch.personas.grammar import base, verbs
from counterpitch.personas.name import plain_names

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_IRREGULAR = {
    "people": "person", "women": "woman", "men": "man", "children": "child", "wives": "wife", "housewives": "housewife",
    "mums": "mum", "moms": "mom", "folks": "person", "kids": "kid", "families": "family", "businesses": "business",
    "freshmen": "freshman", "salespeople": "salesperson", "lives": "life", "foodies": "foodie", "newbies": "newbie",
    "rookies": "rookie", "selfies": "selfie", "cookies": "cookie", "wolves": "wolf", "halves": "half",
}  # fmt: skip
_NOT_PLURAL = {"always", "business", "fitness", "news", "sales", "series", "wellness", "process", "address", "less"}
_COLLECTIVE = {"staff", "personnel", "youth", "crew", "public", "police"}
_BOUNDARY = {
    "of", "with", "without", "in", "for", "at", "on", "who", "whose", "that", "which", "to", "from", "over", "under",
    "before", "after", "between", "by", "about", "afraid", "tired", "bored", "shy", "sick", "worried", "new", "short",
    "lacking", "using", "wanting", "needing", "seeking", "like", "as", "into", "near", "aged", "during", "against",
    "not", "stuck", "when", "where", "whom", "(", "unable", "eager", "curious", "fed", "swamped", "slowed", "willing",
    "ready", "trying", "struggling", "working", "living",
}  # fmt: skip
_NOUN_GERUNDS = {
    "anything", "building", "ceiling", "clothing", "cooking", "evening", "everything", "feeling", "housing", "king",
    "meeting", "morning", "nothing", "parking", "pricing", "pudding", "ring", "running", "seasoning", "shopping",
    "something", "spring", "string", "thing", "training", "wedding",
}  # fmt: skip
_CLAUSE = re.compile(
    r"^(i|i'm|i'd|i've|you|you're|we|we're|it|it's|they|he|she|this|that|there|there's|nobody|everyone|someone|if|when|"
    r"and|or|but|so|then|because|than|up|why|who|what|how|where|do|does|did|is|are|am|was|were|can|could|will|would|should|what's|who's|where|let's|don't|never)\b",
    re.I,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|isn't|aren't|has|have|will|won't|can|can't|do|don't|does|doesn't|didn't)\b", re.I
)
_ORNAMENT = re.compile(r"^[^\w¿¡$€£₹“\"'‘(]+")  # ticks, arrows and pictures before a line
_ENDS = " .,;:!?…-–—'\"“”‘’«»*_#>|"
_POINTS_BACK = re.compile(r"\b(?:they|them|this|those)\b", re.I)  # at something that a piece leaves out
_IT = re.compile(r"(?<!^)\bit\b")  # "IT", and "it" that opens a value, may be the trade: "it certification"
_FOREIGN = re.compile(r"(.+\S)\s+(\(ads in [^()]+\))$", re.S)  # as personas.name marks a name of another language
_KNOW = re.compile(r"^(how|what|where|when|which) to\b", re.I)
_TIRED = re.compile(r"^(?:so |really )?(?:tired of|sick of|fed up with|had enough of|enough of)\s+(.+)$", re.I)
_AFRAID = re.compile(r"^(?:(?:afraid|scared) of|(?:worried|anxious|stressed) about|struggling with)\s+(.+)$", re.I)


def a_or_an(phrase: str) -> str:
    """The phrase with its article, by sound: "an hour", "a university", "an SEO team", "an 8-week course"."""
    first = re.split(r"[\s-]", phrase.lstrip("“\"'(‘"), maxsplit=1)[0]
    return f"{'an' if _opens_with_vowel(first) else 'a'} {phrase}"


def as_a(persona: str) -> str:
    """What follows "As" in a user story, for a plural or singular group: "students" -> "a student"."""
    words = re.sub(r"^(?:the|a|an|my|our|your|all)\s+", "", persona.strip(), flags=re.I).split()
    if not words:
        return "a customer"
    foreign = _FOREIGN.match(persona.strip())
    if foreign and foreign[1].casefold() not in _plain_people():
        return f"one of {quoted(foreign[1])} {foreign[2]}"
    if words[0].lower() in {"anyone", "everyone", "someone", "anybody", "everybody"}:
        return " ".join(["someone", *words[1:]])
    end = next((i for i, word in enumerate(words) if i and _is_boundary(word)), len(words))
    head, rest = words[:end], words[end:]
    if head[-1].lower() in _COLLECTIVE:
        return " ".join(["one of the", *head, *rest])
    if head == ["people"] or [word.lower() for word in head] == ["people"]:
        return " ".join(["someone", *rest])
    if not _is_plural(head[-1]) and not any(_is_plural(word) for word in head):
        return a_or_an(" ".join([*head, *rest]))
    return a_or_an(" ".join([*_each_singular(head), *_their(rest)]))


@cache
def _plain_people() -> frozenset[str]:
    """The names in plain English that a persona may have whatever language its ads are in, folded."""
    return frozenset(name.casefold() for name in plain_names()["audience"].values())


def wish(value: str) -> str:
    """What follows "I want" for a need as the ads put it: "speaking English" -> "to speak English"."""
    said = _mine(bare(value))
    if found := _TIRED.match(said):
        return f"an end to {found[1]}"
    if found := _AFRAID.match(said):
        return f"to stop worrying about {found[1]}"
    if _KNOW.match(said):
        return f"to know {said}"
    if not said or _CLAUSE.match(bare(value)):
        return f"an answer to {quoted(bare(value))}"
    verb = _as_verb(said)
    return f"to {verb}" if verb else said


def outcome(value: str) -> str:
    """What follows "so that" for a need as the ads put it: "less food waste" -> "there is less food waste"."""
    said = _mine(bare(value))
    if found := _TIRED.match(said) or _AFRAID.match(said):
        return f"I can leave {found[1]} behind me"
    if _KNOW.match(said):
        return f"I know {said}"
    if not said or _CLAUSE.match(bare(value)):
        return f"{quoted(bare(value))} is no longer how it goes"
    verb = _as_verb(said)
    if verb:
        return f"I can {verb}"
    if re.match(r"^(no|less|fewer|no more)\b", said, re.I):
        return f"there {'are' if said.lower().startswith('fewer') else 'is'} {said}"
    return f"I get {said}"


def topic(label: str) -> str:
    """A theme's name inside a sentence: as it is where it is a phrase, in quotes where it is a clause or a call."""
    said = bare(label)
    slogan = _CLAUSE.match(said) or _TIRED.match(said) or _KNOW.match(said) or said.split(" ")[0].lower() in verbs()[0]
    return quoted(said) if slogan or has_verb(said) else said


def bare(text: str) -> str:
    """One line, without marks at either end that would clash with ours."""
    said = _ORNAMENT.sub("", " ".join(text.split())).strip(_ENDS)
    if said.count("«") != said.count("»"):  # one of a pair was at an end
        said = said.replace("«", "").replace("»", "")
    return said.strip(_ENDS)


def line(text: str) -> str:
    """A sentence of an ad as `bare` gives it, a question with its mark."""
    said = bare(text)
    asks = "?" in text[len(text.rstrip(_ENDS)) :]  # before a closing quote or another mark too: "Dinner?!“"
    return f"{said}?" if said and asks else said


def quoted(text: str) -> str:
    """Exact words in quotation marks; the inner marks decide which outer ones can stand beside them."""
    said = " ".join(text.split())
    if not re.search('[“”"]', said):
        return f"“{said}”"
    return f"«{said}»" if not re.search("[«»]", said) else f"‹{said}›"


def sentence(text: str) -> str:
    """The text as a sentence: a capital first letter, and one full stop where it ends on no mark of its own."""
    said = text.strip()
    said = said[:1].upper() + said[1:]
    return said if said[-1:] in ".!?…" or said[-2:] in {".”", "!”", "?”"} else f"{said}."


def fact(value: str) -> str:
    """A feature as a statement's tail, without the product's "our"."""
    return re.sub(r"^(?:our|we have|with|get)\s+", "", bare(value), flags=re.I)


def count(n: int, noun: str, plural: str | None = None) -> str:
    """ "1 ad", "37 ads"."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def number(n: int) -> str:
    """Small counts as words inside prose."""
    return _NUMBERS[n] if 0 <= n < len(_NUMBERS) else f"{n:,}"


def percent(share: float, digits: int | None = None) -> str:
    """ "9%", "0.8%", "under 0.1%"; `digits` after the point, else as many as the size needs."""
    value = 100 * share
    if digits is None:
        digits = 0 if value >= 3 or value == 0 else 1
    return f"{value:.{digits}f}%"


def day(iso: str) -> str:
    """ "20 November 2026"."""
    when = date.fromisoformat(iso)
    return f"{when.day} {when:%B %Y}"


def _opens_with_vowel(word: str) -> bool:
    plain = word.strip(".,;:!?'’”\")")
    if re.fullmatch(r"\d[\d.,]*\D*", plain):
        return plain.startswith("8") or re.match(r"^1[18](\D|$|\d{3}\b)", plain) is not None
    if re.fullmatch(r"[A-Z]{2,}s?", plain):
        return plain[0] in "AEFHILMNORSX"
    low = plain.lower()
    if re.match(r"^(hour|honest|honou?r|heir)", low):
        return True
    if re.match(r"^(uni([^nm]|$)|use|usual|user|utili|euro|ewe|one\b|once|ubiq|u\b)", low):
        return False
    return low[:1] in {"a", "e", "i", "o", "u", "ä", "ö", "ü", "é", "á", "í", "ó", "ú"}


def _is_boundary(word: str) -> bool:
    low = word.lower().strip(",;")
    return low in _BOUNDARY or (low.endswith("ing") and len(low) > 5 and low not in _NOUN_GERUNDS) or word[0] in "(—–"


def _is_plural(word: str) -> bool:
    low = word.lower().strip(",;")
    if low in _IRREGULAR:
        return True
    return low.endswith("s") and not low.endswith(("ss", "us", "is", "'s", "’s")) and low not in _NOT_PLURAL


def _singular(word: str) -> str:
    low = word.lower()
    if low in _IRREGULAR:
        found = _IRREGULAR[low]
    elif low.endswith("ies") and len(low) > 4:
        found = word[:-3] + "y"
    elif re.search(r"(ch|sh|x|ss|z)es$", low):
        found = word[:-2]
    else:
        found = word[:-1]
    return found if word.islower() else found[:1].upper() + found[1:]


def _each_singular(head: list[str]) -> list[str]:
    """The noun of the phrase in the singular; of two nouns joined by "and", both, joined by "or"."""
    words = list(head)
    for i, word in enumerate(head):
        joined = word.lower() in {"and", "&"} and 0 < i < len(head) - 1 and _is_plural(head[i - 1])
        if joined:
            words[i - 1], words[i] = _singular(head[i - 1]), "or"
    if _is_plural(words[-1]):
        words[-1] = _singular(words[-1])
    return words


def _their(rest: list[str]) -> list[str]:
    """ "who train hard" -> "who trains hard"; verbs that we do not know stay as they are."""
    if rest[:1] not in (["who"], ["that"]) or len(rest) < 2:
        return rest
    verb = rest[1].lower()
    if verb not in {"are", "have", "do", "don't"} and verb not in verbs()[1]:
        return rest
    return [rest[0], _third_person(verb), *rest[2:]]


def _third_person(verb: str) -> str:
    irregular = {"are": "is", "have": "has", "do": "does", "don't": "doesn't", "go": "goes"}
    if verb in irregular:
        return irregular[verb]
    if re.search(r"(s|x|z|ch|sh)$", verb):
        return verb + "es"
    return verb[:-1] + "ies" if re.search(r"[^aeiou]y$", verb) else verb + "s"


def _mine(said: str) -> str:
    """The reader's words in the reader's mouth: "your schedule" -> "my schedule"."""
    said = re.sub(r"\byourself\b", "myself", said, flags=re.I)
    said = re.sub(r"\byours\b", "mine", said, flags=re.I)
    said = re.sub(r"\byour\b", "my", said, flags=re.I)
    said = re.sub(r"\byou're\b", "I'm", said, flags=re.I)
    said = re.sub(r"\b(for|to|with|at|by|help|helps|give|gives|from|of) you\b", r"\1 me", said, flags=re.I)
    return re.sub(r"\byou\b", "I", said, flags=re.I)


def _as_verb(said: str) -> str | None:
    """The phrase with its first verb in the plain form, None where it does not begin with a verb we know."""
    first, _, rest = said.partition(" ")
    low = first.lower()
    if low in verbs()[0]:
        return said[:1].lower() + said[1:]
    plain = base(low) if low not in _NOUN_GERUNDS else None
    return f"{plain} {rest}".strip() if plain else None


def is_clause(value: str) -> bool:
    """Whether a value is a clause with its own verb, which no sentence of ours can bend."""
    return bool(_CLAUSE.match(bare(value))) or "?" in value or "!" in value


def has_verb(value: str) -> bool:
    """Whether an auxiliary shows that the words are a statement: "the week's menu is ready"."""
    return bool(_FINITE.search(bare(value)))


def points_back(value: str) -> bool:
    """Whether the words speak of something that they leave out: "time it takes to shower"."""
    said = bare(value)
    return bool(_POINTS_BACK.search(said) or _IT.search(said))


def platform(code: str) -> str:
    """A placement as people write it: "FACEBOOK" -> "Facebook", "AUDIENCE_NETWORK" -> "Audience Network"."""
    known = {"tiktok": "TikTok", "youtube": "YouTube", "whatsapp": "WhatsApp", "linkedin": "LinkedIn"}
    low = code.replace("_", " ").lower()
    return known.get(low, low.title())
