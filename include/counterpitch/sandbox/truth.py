"""How much of the planted truth was found again, read from a warehouse that the market was run through.

truth.json (written by market.write_market, read only here):

- `personas`, `themes`, `features`: id -> what it is; `white_space`, `strength`: the planted cells with our and
  their ads; `brands.<id>.mix`: planned share and ads made for each persona x theme.
- `ads.<ad_id>`: brand, text id, an edit of its words if any, flights, devices, `explained` (the logit that words and
  format explain) and `ctr` (the true rate). Only ads that a sweep saw.
- `texts.<text_id>`: body, title, language, `thin` or the persona, theme, features and structure, and `mentions`: each
  planted phrase with its field, label and exact span in the body.
- `click_model`, `ceiling`: the coefficients, the unexplained variance, and the best Kendall's tau they leave.
- `arms`: true rates of the headline tests. `spoiled_rows`: file (by day), row, kind, and what must become of it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sklearn.metrics import adjusted_mutual_info_score

from counterpitch.sandbox.clicks import kendall_tau
from counterpitch.sandbox.sightings import video_id
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

Truth = dict[str, Any]
FOUND_F1 = 0.5  # a planted label counts as found where some cluster is more it than not


@dataclass(frozen=True)
class Recovered:
    """How well clusters match planted labels, over items that have both.

    ami: adjusted mutual information (Vinh, Epps, Bailey 2010), 0 for chance, 1 for the same partition. f1: of each
    label, with the cluster that matches it best. found: share of labels with f1 of at least one half. covered: share
    of planted items that have a cluster at all.
    """

    items: int
    covered: float
    clusters: int
    ami: float
    found: float
    f1: dict[str, float]


def read_truth(path: Path) -> Truth:
    """The truth of a market's folder, or of the file itself. FileNotFoundError where there is none."""
    file = path if path.is_file() else path / "truth" / "truth.json"
    truth: Truth = json.loads(file.read_text(encoding="utf-8"))
    return truth


def recovered(planted: Mapping[str, str], found: Mapping[str, str]) -> Recovered:
    """Match clusters (item -> cluster id) to planted labels (item -> label)."""
    both = sorted(planted.keys() & found.keys())
    labels, clusters = [planted[item] for item in both], [found[item] for item in both]
    of_label, of_cluster = Counter(planted.values()), Counter(clusters)
    pairs = Counter(zip(labels, clusters, strict=True))
    f1 = {
        label: round(max((_f1(pairs[label, c], of_cluster[c], of_label[label]) for c in of_cluster), default=0.0), 4)
        for label in sorted(of_label)
    }
    return Recovered(
        items=len(planted),
        covered=round(len(both) / len(planted), 4) if planted else 0.0,
        clusters=len(of_cluster),
        ami=round(float(adjusted_mutual_info_score(labels, clusters)), 4) if both else 0.0,
        found=round(sum(value >= FOUND_F1 for value in f1.values()) / len(f1), 4) if f1 else 0.0,
        f1=f1,
    )


def _f1(both: int, cluster: int, label: int) -> float:
    return 2 * both / (cluster + label)


def measure(conn: Connection, truth: Truth, market_id: str, partition_key: str) -> dict[str, Any]:
    """Everything below for one market and day, as JSON."""
    scope = {"market_id": market_id, "partition_key": partition_key}
    text_of = _labels(conn, truth, scope)
    clusters = {what: _clusters(conn, scope, what) for what in ("persona", "theme")}
    return {
        "market": market_id,
        "partition_key": partition_key,
        "personas": asdict(recovered(_planted(text_of, "persona"), clusters["persona"])),
        "themes": asdict(recovered(_planted(text_of, "theme"), clusters["theme"])),
        "in_language": _in_languages(text_of, clusters),
        "white_space": _cell_found(conn, scope, truth["white_space"], text_of, clusters, "white_space"),
        "strength": _cell_found(conn, scope, truth["strength"], text_of, clusters, "ahead"),
        "pillars": _pillars_found(conn, scope, text_of),
        "ctr": _ctr_found(conn, scope, truth),
        "intake": _intake(conn, scope, truth),
    }


def _labels(conn: Connection, truth: Truth, scope: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Of each text that was read for pillars, by hash, the planted one: of an edited ad the one with these words."""
    told, ads = {}, _by_every_id(truth)
    for row in query.rows(conn, query.sql(__file__, "list_text_of_ad"), scope):
        ad = ads.get(row["ad_id"])
        if ad:
            versions = [truth["texts"][ad["text"]], *([truth["texts"][ad["edited"]["text"]]] if ad["edited"] else [])]
            told[row["text_hash"]] = next((text for text in versions if text["body"] == row["body"]), versions[0])
    return told


def _by_every_id(truth: Truth) -> dict[str, dict[str, Any]]:
    """The planted ads by the ids that platforms show them under: a video ad runs on TikTok too, under another."""
    return {shown: ad for ad_id, ad in truth["ads"].items() for shown in (ad_id, video_id(ad_id))}


def _planted(text_of: Mapping[str, dict[str, Any]], what: str, language: str | None = None) -> dict[str, str]:
    return {
        text_hash: text[what]
        for text_hash, text in text_of.items()
        if not text["thin"] and language in (None, text["language"])
    }


def _clusters(conn: Connection, scope: Mapping[str, str], what: str) -> dict[str, str]:
    rows = query.rows(conn, query.sql(__file__, f"list_{what}_of_text"), scope)
    return {row["text_hash"]: row["cluster"] for row in rows}


def _in_languages(
    text_of: Mapping[str, dict[str, Any]], clusters: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, float]]:
    """AMI within each language: what clustering finds where words can match."""
    languages = sorted({text["language"] for text in text_of.values()})
    return {
        language: {what: recovered(_planted(text_of, what, language), clusters[what]).ami for what in clusters}
        for language in languages
    }


def _cell_found(
    conn: Connection,
    scope: Mapping[str, str],
    cell: Mapping[str, Any],
    text_of: Mapping[str, dict[str, Any]],
    clusters: Mapping[str, Mapping[str, str]],
    kind: str,
) -> dict[str, Any]:
    """Whether a gap of the kind lies in the planted cell: its persona and theme are mostly the planted ones."""
    of = {what: _majority(_planted(text_of, what), clusters[what]) for what in ("persona", "theme")}
    gaps = query.rows(conn, query.sql(__file__, "list_gaps"), scope)
    in_cell = [
        gap
        for gap in gaps
        if of["persona"].get(gap["persona_id"]) == cell["persona"] and of["theme"].get(gap["theme_id"]) == cell["theme"]
    ]
    right = [gap for gap in in_cell if gap["kind"] == kind]
    same_kind = [gap for gap in gaps if gap["kind"] == kind]
    return {
        "persona": cell["persona"],
        "theme": cell["theme"],
        "found": bool(right),
        "place": same_kind.index(right[0]) + 1 if right else None,
        "of": len(same_kind),
        "kinds_in_cell": dict(Counter(gap["kind"] for gap in in_cell)),
    }


def _majority(planted: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for item in planted.keys() & found.keys():
        votes[found[item]][planted[item]] += 1
    return {cluster: max(sorted(count), key=lambda label: count[label]) for cluster, count in votes.items()}


def _pillars_found(
    conn: Connection, scope: Mapping[str, str], text_of: Mapping[str, dict[str, Any]]
) -> dict[str, dict[str, float]]:
    """Of each field: the share of planted phrases that some quote meets (recall), and of quotes that meet one.

    Two spans meet where they share at least half of the shorter one.
    """
    quotes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in query.rows(conn, query.sql(__file__, "list_quotes"), scope):
        quotes[row["text_hash"], row["field"]].append(row["quote"])
    hits: Counter[tuple[str, str]] = Counter()
    for text_hash, text in text_of.items():
        for field in _fields(text):
            planted = [(m["start"], m["end"]) for m in text["mentions"] if m["field"] == field]
            said = [_span(text["body"], quote) for quote in quotes[text_hash, field]]
            inside = [span for span in said if span]
            hits["planted", field] += len(planted)
            hits["found", field] += sum(any(_covers(p, s) for s in inside) for p in planted)
            hits["quoted", field] += len(inside)
            hits["right", field] += sum(any(_covers(p, s) for p in planted) for s in inside)
    fields = sorted({field for _, field in hits})
    return {
        field: {
            "planted": hits["planted", field],
            "recall": _share(hits["found", field], hits["planted", field]),
            "precision": _share(hits["right", field], hits["quoted", field]),
        }
        for field in fields
    }


def _fields(text: Mapping[str, Any]) -> Iterable[str]:
    if text["thin"]:
        return ()
    return ("target_audience", "customer_need", "product_feature", "offer", "hook", "call_to_action")


def _span(body: str, quote: str) -> tuple[int, int] | None:
    start = body.find(quote)
    return (start, start + len(quote)) if start >= 0 else None


def _covers(planted: tuple[int, int], quoted: tuple[int, int]) -> bool:
    shared = min(planted[1], quoted[1]) - max(planted[0], quoted[0])
    return shared > 0 and shared * 2 >= min(planted[1] - planted[0], quoted[1] - quoted[0])


def _ctr_found(conn: Connection, scope: Mapping[str, str], truth: Truth) -> dict[str, dict[str, float]]:
    """Kendall's tau of predicted and true rates, beside the tau of a model that knows every coefficient.

    Only the competitors' ads are unseen: a model learns from our ads' results what no words tell, so on our own it
    may pass the ceiling.
    """
    scores: dict[str, list[tuple[float, float, float]]] = {"own": [], "competitors": []}
    ads = _by_every_id(truth)
    for row in query.rows(conn, query.sql(__file__, "list_scores"), scope):
        ad = ads.get(row["ad_id"])
        if ad:
            whose = "own" if row["brand_id"] == truth["own_brand"] else "competitors"
            scores[whose].append((row["ctr"], ad["ctr"], ad["explained"]))
    return {whose: _against_ceiling(rows) for whose, rows in scores.items()}


def _against_ceiling(rows: list[tuple[float, float, float]]) -> dict[str, float]:
    predicted, true, explained = ([row[n] for row in rows] for n in range(3))
    tau, ceiling = kendall_tau(predicted, true), kendall_tau(explained, true)
    return {
        "ads": len(rows),
        "kendall_tau": round(tau, 4),
        "ceiling": round(ceiling, 4),
        "share_of_ceiling": _share(tau, ceiling),
        "kendall_tau_to_explained": round(kendall_tau(predicted, explained), 4),
    }


def _intake(conn: Connection, scope: Mapping[str, str], truth: Truth) -> dict[str, Any]:
    """Rows by what became of them, beside what the spoiled ones should have come to."""
    counted = query.rows(conn, query.sql(__file__, "count_intake"), scope)[0]
    expected = Counter(row["expect"] for row in truth["spoiled_rows"])
    return {
        **counted,
        "rejected": counted["rows_quarantined"] + counted["rows_held_at_import"],
        "rejected_planted": expected["rejected"],
        "merged_planted": expected["merged"],
    }


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
