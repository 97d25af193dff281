"""Teach the extractive reader from annotated ads, and measure it on ads that it was not taught.

    benchmarks/pillars_train.py --gold GOLD.jsonl [--out include/counterpitch/pillars/extractive.json] [--folds 10]
                                [--read READ.jsonl] [--other-cuts 3]

GOLD has lines {ad_key, text, pillars}, an ad once per annotator. Two files of invented ads are always taught too:
pillars_lessons.txt, and pillars_readings.jsonl, ads of many trades that a model read with pillars/prompt.md. READ
holds more such readings, of real ads ({ad_key, text, pillars}; other people's ads, which stay out of the project): so
the reader that needs no model learns from the one that does (distillation: Hinton, Vinyals and Dean 2015). Prints
JSON: the cross-validated score, where ads that share a sentence are kept in one fold (a near-duplicate in the other
folds would be cheating) and whatever else shares one with GOLD is left out; `without_readings` is the pillar score of
the same folds where no reading teaches. With
--other-cuts, also the pillar score where chance decides which groups share a fold, once a seed: most choices were made
on the first cut, so these are the fairer figures. With --out, then trains on everything and writes the weights.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from counterpitch.pillars import evaluate, extractive, features, product, spans, weights
from counterpitch.pillars.evaluate import Annotated
from counterpitch.pillars.schema import FIELDS, LISTS, Pillars

Counts = Mapping[str, float]
# What is memory of an ad and no word: an address, and more than four letters of Thai, Lao, Burmese, Khmer, Japanese or
# Chinese, which write sentences without spaces.
REMEMBERED = re.compile(r"[^\W\d_]\.[^\W_]{2,}|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{5,}")
LESSONS = Path(__file__).with_name("pillars_lessons.txt")
READINGS = Path(__file__).with_name("pillars_readings.jsonl")
SIGNS = dict(zip("anfohc", FIELDS, strict=True))
WHOLE = {"p": "product", "t": "tone"}
# What an ad counts of an annotated one, by its kind: the word before the colon of its key.
LESSON, READ, INVENTED = "lesson", "read", "invented"
COUNTS: Counts = {LESSON: 0.5, READ: 0.0, INVENTED: 0.0}
# Quotes and silence are the mean of three regressions, which differ in what is taught beside annotated ads and
# lessons: readings are many, and not quite the annotators' habits, so neither with nor without them is best.
BESIDE: Sequence[Counts] = (COUNTS, {**COUNTS, READ: 0.5}, {**COUNTS, READ: 0.5, INVENTED: 0.25})
# Where an ad teaches which name is the product (chosen, like product.LEAST, on the folds that measure it).
NAMED: Counts = {**COUNTS, LESSON: 0.9, READ: 0.9}
# Where it teaches the tone. Readings would raise the accuracy by .03 and make testimonials informative.
VOICED: Counts = {**COUNTS, LESSON: 1.0}
# (level, least): about half of the F1 to be had is the best level for an F1 (Lipton, Elkan and Naryanaswamy 2014),
# and 0.2 was the best of four levels looked at; one level for all fields, since a search per field gained nothing
# on unseen ads. One character's worth is the least that is said.
CUTS = dict.fromkeys(FIELDS, (0.2, 1.0))


def lessons(path: Path = LESSONS) -> list[Annotated]:
    """The invented ads."""
    found = []
    for number, block in enumerate(path.read_text("utf-8").split("---\n")[1:]):
        text, *marks = re.split(r"^@(?=[anfohcpt] )", block, flags=re.M)
        pillars: dict[str, Any] = {field: [] for field in LISTS}
        for mark in marks:
            if mark[0] in WHOLE:
                pillars[WHOLE[mark[0]]] = mark[2:].strip()
                continue
            value, quote = mark[2:].rstrip("\n").split(" | ", 1)
            assert quote in text, quote
            said = {"value": value, "quote": quote}
            if (field := SIGNS[mark[0]]) in LISTS:
                pillars[field].append(said)
            else:
                pillars[field] = said
        found.append(Annotated(f"{LESSON}:{number}", text.strip("\n"), (Pillars.model_validate(pillars),)))
    return found


def readings(path: Path, kind: str) -> list[Annotated]:
    """What a model read in ads, as annotated ads of this kind."""
    return [Annotated(f"{kind}:{ad.key}", ad.text, ad.read) for ad in evaluate.gold_set(path).ads]


def counted(key: str, counts: Counts = COUNTS) -> float:
    """What an ad of this key counts of an annotated one."""
    return counts.get(key.partition(":")[0], 1.0)


def taught(ads: Sequence[Annotated], counts: Counts = COUNTS) -> list[Annotated]:
    """The ads that count."""
    return [ad for ad in ads if counted(ad.key, counts)]


def mean_of(learned: Sequence[Mapping[str, float]], least: float = 0.02) -> dict[str, float]:
    """The mean weights of several regressions, those nearer 0 than `least` left out."""
    names = sorted(set().union(*learned))
    means = {name: round(mean(by.get(name, 0.0) for by in learned), 3) for name in names}
    return {name: weight for name, weight in means.items() if abs(weight) >= least}


def related(ads: Sequence[Annotated]) -> list[int]:
    """A group number for each ad; ads that share a sentence of three words or more are one group."""
    parent = list(range(len(ads)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    first: dict[str, int] = {}
    for i, ad in enumerate(ads):
        for sentence in _sentences(ad):
            parent[root(i)] = root(first.setdefault(sentence, i))
    return [root(i) for i in range(len(ads))]


def apart(invented: Sequence[Annotated], ads: Sequence[Annotated]) -> list[Annotated]:
    """The invented ads that share no sentence of three words or more with any of the ads."""
    said = set().union(*map(_sentences, ads))
    return [ad for ad in invented if said.isdisjoint(_sentences(ad))]


def _sentences(ad: Annotated) -> set[str]:
    said = {re.sub(r"\W+|\d+", " ", ad.text[s.start : s.end].lower()).strip() for s in spans.sentences(ad.text)}
    return {s for s in said if len(s.split()) >= 3} | {evaluate.template(ad.text)}


def remembered(name: str) -> bool:
    """Whether the words that a feature's name holds, behind its first mark, are memory of an ad."""
    said = re.split("[:=/]", name, maxsplit=1)[1:]
    return any(map(REMEMBERED.search, said))


class Columns:
    """Feature names as columns; those of fewer than two ads are left out: they would be memory, not learning.

    So are addresses, and runs of a script without spaces: what stands there for a word is a sentence of somebody's ad.
    """

    def __init__(self, rows: Sequence[Sequence[str]], owners: Sequence[str]) -> None:
        seen: dict[str, set[str]] = defaultdict(set)
        for row, owner in zip(rows, owners, strict=True):
            for name in row:
                seen[name].add(owner)
        self.names = sorted(name for name, by in seen.items() if len(by) >= 2 and not remembered(name))
        self.index = {name: i for i, name in enumerate(self.names)}

    def matrix(self, rows: Sequence[Sequence[str]]) -> Any:
        """One row of ones a list of features."""
        cells = [sorted({self.index[name] for name in row if name in self.index}) for row in rows]
        starts = np.cumsum([0, *map(len, cells)])
        flat = np.fromiter((c for row in cells for c in row), dtype=np.int32, count=int(starts[-1]))
        return sparse.csr_matrix((np.ones(len(flat)), flat, starts), shape=(len(rows), len(self.names)))

    def weights(self, model: Any) -> dict[str, float]:
        """The weights that matter, by name; the bias takes the intercept."""
        found = {n: round(float(w), 2) for n, w in zip(self.names, model.coef_[0], strict=True) if abs(w) >= 0.015}
        return found | {"bias": round(found.get("bias", 0.0) + float(model.intercept_[0]), 3)}


def fit(matrix: Any, share: Sequence[float], owners: Sequence[str], strength: float, counts: Counts = COUNTS) -> Any:
    """A logistic regression on soft labels: a row counts for both classes by its share, and what its ad counts."""
    trust = np.array([counted(owner, counts) for owner in owners])
    y = np.asarray(share, dtype=float)
    both = sparse.vstack([matrix, matrix])
    label, weight = np.r_[np.ones(len(y)), np.zeros(len(y))], np.r_[y * trust, (1 - y) * trust]
    used = weight > 0
    model = LogisticRegression(C=strength, solver="liblinear", max_iter=300, random_state=0)
    return model.fit(both[used], label[used], sample_weight=weight[used])


def teach(ads: Sequence[Annotated]) -> dict[str, Any]:
    """The JSON of weights that these ads teach, without cuts."""
    own = taught(ads)
    return {
        "words": _words(ads),
        **_names(own),
        "implied": _implied(own),
        "silent": _silent(ads),
        "tone": _tones(own),
        "product": _products(taught(ads, NAMED)),
    }


def _words(ads: Sequence[Annotated]) -> dict[str, list[float]]:
    """Per field the mean of the regressions of BESIDE: does a word belong to a quote of the field."""
    several = [_quoted(taught(ads, counts), counts) for counts in BESIDE]
    learned = [mean_of(by_field) for by_field in zip(*several, strict=True)]
    names = sorted(set().union(*learned))
    return {name: [by.get(name, 0.0) for by in learned] for name in names}


def _quoted(ads: Sequence[Annotated], counts: Counts) -> list[dict[str, float]]:
    rows, owners, shares = [], [], []
    for ad in ads:
        covered = [[evaluate.characters(ad.text, read, field) for field in FIELDS] for read in ad.read]
        for clause in features.clauses(features.cut(ad.text)):
            for word in clause.words:
                rows.append((*clause.features, *word.features))
                owners.append(ad.key)
                inside = range(word.start, word.end)
                shares.append(
                    [mean(mean(float(i in by[f]) for i in inside) for by in covered) for f in range(len(FIELDS))]
                )
    columns = Columns(rows, owners)
    matrix, y = columns.matrix(rows), np.array(shares)
    return [columns.weights(fit(matrix, y[:, f], owners, 0.3, counts)) for f in range(len(FIELDS))]


def _names(ads: Sequence[Annotated]) -> dict[str, Any]:
    keep, heads = {}, {}
    for field in FIELDS:
        rows, kept, owners, quotes, added, said_by = [], [], [], [], [], []
        surface: dict[str, Counter[str]] = defaultdict(Counter)
        for ad in ads:
            whole = features.of_text(features.cut(ad.text))
            for name, mention in (pair for read in ad.read for pair in read.mentions()):
                if name != field or not mention.quote:
                    continue
                words = features.quoted_words(mention.quote)
                value = {features.stem(w): w for w in features.quoted_words(mention.value) if w not in features.STOP}
                for i, word in enumerate(words):
                    if word not in features.STOP:
                        rows.append(features.of_quoted_word(words, i))
                        kept.append(float(features.stem(word) in value))
                        owners.append(ad.key)
                new = set(value) - {features.stem(w) for w in words}
                for stem in new:
                    surface[stem][value[stem]] += 1
                quotes.append((*features.of_quote(words), *whole))
                added.append(new)
                said_by.append(ad.key)
        columns = Columns(rows, owners)
        keep[field] = columns.weights(fit(columns.matrix(rows), kept, owners, 0.3))
        columns = Columns(quotes, said_by)
        matrix = columns.matrix(quotes)
        by = defaultdict(set)
        for new, key in zip(added, said_by, strict=True):
            for stem in new:
                by[stem].add(key)
        heads[field] = by_feature(
            {
                surface[stem].most_common(1)[0][0]: columns.weights(
                    fit(matrix, [float(stem in new) for new in added], said_by, 0.1)
                )
                for stem in sorted(by)
                if len(by[stem]) >= 3
            }
        )
    return {"keep": keep, "heads": heads}


def _implied(ads: Sequence[Annotated]) -> dict[str, dict[str, float]]:
    rows = [features.of_text(features.cut(ad.text)) for ad in ads]
    columns = Columns(rows, [ad.key for ad in ads])
    matrix = columns.matrix(rows)
    surface: dict[str, Counter[str]] = defaultdict(Counter)
    said: list[list[set[str]]] = []
    for ad in ads:
        said.append([])
        for read in ad.read:
            words = [w for mention in read.target_audience for w in features.quoted_words(mention.value)]
            stems = {features.stem(w): w for w in words if w not in features.STOP}
            for stem, word in stems.items():
                surface[stem][word] += 1
            said[-1].append(set(stems))
    known = Counter(stem for by in said for stem in set().union(*by))
    learned = {}
    for stem in sorted(stem for stem, ads_that_say in known.items() if ads_that_say >= 4):
        share = [mean(float(stem in one) for one in by) for by in said]
        word = surface[stem].most_common(1)[0][0]
        learned[word] = columns.weights(fit(matrix, share, [ad.key for ad in ads], 0.3))
    return by_feature(learned)


def _silent(ads: Sequence[Annotated]) -> dict[str, dict[str, float]]:
    """Per list field the mean of the regressions of BESIDE: how many annotators quote nothing for it."""
    several = [_unquoted(taught(ads, counts), counts) for counts in BESIDE]
    return by_feature({field: mean_of([by[field] for by in several]) for field in LISTS}, 0.015)


def _unquoted(ads: Sequence[Annotated], counts: Counts) -> dict[str, dict[str, float]]:
    cuts = [features.cut(ad.text) for ad in ads]
    rows, owners = [[*features.of_text(cut), *features.of_voice(cut)] for cut in cuts], [ad.key for ad in ads]
    columns = Columns(rows, owners)
    matrix = columns.matrix(rows)
    quoted = [[{name for name, m in read.mentions() if m.quote} for read in ad.read] for ad in ads]
    learned = {}
    for field in LISTS:
        share = [mean(float(field not in names) for names in by) for by in quoted]
        learned[field] = columns.weights(fit(matrix, share, owners, 0.3, counts))
    return learned


def _tones(ads: Sequence[Annotated]) -> dict[str, dict[str, float]]:
    """One regression over all tones; an ad's annotators share its weight."""
    said = [(ad, read.tone, counted(ad.key, VOICED) / len(ad.read)) for ad in ads for read in ad.read if read.tone]
    cuts = {ad.key: features.cut(ad.text) for ad, _, _ in said}
    rows = [[*features.of_text(cuts[ad.key]), *features.of_voice(cuts[ad.key])] for ad, _, _ in said]
    columns = Columns(rows, [ad.key for ad, _, _ in said])
    model = LogisticRegression(C=1.0, max_iter=1000, random_state=0)
    model.fit(columns.matrix(rows), [tone for _, tone, _ in said], sample_weight=[weight for _, _, weight in said])
    learned = {}
    for tone, weights_of, intercept in zip(model.classes_, model.coef_, model.intercept_, strict=True):
        found = {name: round(float(w), 2) for name, w in zip(columns.names, weights_of, strict=True)}
        learned[str(tone)] = found | {"bias": round(found["bias"] + float(intercept), 3)}
    return by_feature(learned)


def _products(ads: Sequence[Annotated]) -> dict[str, float]:
    """Is this name the one that the annotators gave; a lesson that says nothing of its product teaches nothing."""
    rows, shares, owners = [], [], []
    for ad in ads:
        if ad.key.startswith(f"{LESSON}:") and not ad.read[0].product:
            continue
        for name, seen in product.candidates(features.cut(ad.text)).items():
            rows.append(seen)
            shares.append(mean(float(_same(name, read.product)) for read in ad.read))
            owners.append(ad.key)
    columns = Columns(rows, owners)
    return columns.weights(fit(columns.matrix(rows), shares, owners, 0.4, NAMED))


def _same(name: str, wanted: str | None) -> bool:
    one, other = (re.sub(r"\W", "", said.lower()) for said in (name, wanted or ""))
    return bool(other) and (one in other or other in one)


def by_feature(learned: Mapping[str, Mapping[str, float]], least: float = 0.04) -> dict[str, dict[str, float]]:
    """outcome -> feature -> weight turned into feature -> outcome -> weight, those nearer 0 than `least` left out."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for outcome, by in learned.items():
        for name, weight in by.items():
            if abs(weight) >= least:
                found[name][outcome] = weight
    return dict(found)


def read_apart(taught_by: Sequence[Annotated], ads: Sequence[Annotated]) -> dict[str, Pillars]:
    """What a reader that these ads taught reads in the others, by key."""
    learned = weights.parse({**teach(taught_by), "cuts": CUTS}, "fold")
    return {ad.key: extractive.read(ad.text, learned).pillars() for ad in ads}


def cross_validate(
    ads: Sequence[Annotated], extra: Sequence[Annotated], folds: int, seed: int | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(scores on ads not taught, predictions): the weights of each fold know nothing of its ads.

    Without a seed the folds are cut by size, with one by chance.
    """
    groups = np.array(related(ads))
    cut = GroupKFold(folds) if seed is None else GroupKFold(folds, shuffle=True, random_state=seed)
    parts = [([ads[i] for i in train], [ads[i] for i in test]) for train, test in cut.split(ads, groups=groups)]
    predictions: dict[str, Pillars] = {}
    with ProcessPoolExecutor() as pool:
        for read in pool.map(read_apart, [[*own, *extra] for own, _ in parts], [test for _, test in parts]):
            predictions |= read
    scores = evaluate.score((ad.text, predictions[ad.key], ad.read) for ad in ads)
    return scores, [{"ad_key": ad.key, "pillars": predictions[ad.key].model_dump()} for ad in ads]


def main() -> None:
    """Measure, then write the weights if asked."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--gold", type=Path, required=True)
    cli.add_argument("--out", type=Path)
    cli.add_argument("--read", type=Path, help="readings of real ads by a model, lines as in GOLD")
    cli.add_argument("--folds", type=int, default=10)
    cli.add_argument("--other-cuts", type=int, default=0, help="cut the folds by chance as well, this often")
    cli.add_argument("--predictions", type=Path, help="write the cross-validated predictions for a scorer")
    args = cli.parse_args()
    ads = evaluate.gold_set(args.gold).ads
    more = [*lessons(), *readings(READINGS, INVENTED), *(readings(args.read, READ) if args.read else [])]
    extra = apart(more, ads)
    scores, predictions = cross_validate(ads, extra, args.folds)
    if args.predictions:
        args.predictions.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in predictions), "utf-8")
    others = [cross_validate(ads, extra, args.folds, seed)[0]["all"]["pillar_score"] for seed in range(args.other_cuts)]
    alone = cross_validate(ads, apart(lessons(), ads), args.folds)[0]["all"]["pillar_score"]
    told = {"ads": len(ads), "without_readings": alone, "groups": len(set(related(ads)))}
    told |= {kind: sum(ad.key.startswith(f"{kind}:") for ad in extra) for kind in (LESSON, READ, INVENTED)}
    print(json.dumps({**told, **scores, "other_cuts": others}, indent=1))
    if args.out:
        model = {**teach([*ads, *more]), "cuts": CUTS}
        args.out.write_text(
            json.dumps(model, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
