"""Make include/counterpitch/word_vectors.npz from the sentence encoder all-MiniLM-L6-v2, and say what was lost.

    python benchmarks/word_vectors.py [--out include/counterpitch/word_vectors.npz]

Needs requirements-embeddings.txt and `pip install symspellpy`, for its list of frequent English words (MIT licence; the
encoder's is Apache 2.0). Each whole word of the encoder's vocabulary and each frequent one is read alone; the vectors
are centred, cut to their first principal components, scaled to unit length and rounded to 8 bits a number. Prints JSON:
how well nearness in the table follows nearness in the encoder (Spearman's rank correlation of cosines over the pairs of
chosen words), beside the same figure of as many random directions.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from counterpitch import word_vectors
from counterpitch.ctr.encoder import minilm

FREQUENT = 40_000
"""Words of the list of frequent ones that are taken, from the most frequent on."""

JUDGED = 2_000
"""Words among which nearness is compared: every n-th."""


def vocabulary(folder: Path) -> list[str]:
    """The whole lower-case words of two letters or more: of a BERT vocabulary, then of the frequent ones."""
    import symspellpy

    (dictionary,) = Path(str(symspellpy.__file__)).parent.glob("frequency_dictionary_en_*.txt")
    frequent = [line.split()[0].lower() for line in dictionary.read_text(encoding="utf-8-sig").splitlines()]
    whole = [word for word in frequent if re.fullmatch(r"[a-z]{2,}", word)]
    listed = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    own = [word for word in listed if re.fullmatch(r"[a-z]{2,}", word)]
    return list(dict.fromkeys([*own, *whole[:FREQUENT]]))


def read(folder: Path, words: list[str]) -> np.ndarray:
    """What the encoder says of each word alone, centred: words x its dimensions."""
    from langchain_huggingface import HuggingFaceEmbeddings  # type: ignore[import-not-found,unused-ignore]

    model = HuggingFaceEmbeddings(model_name=str(folder), encode_kwargs={"batch_size": 256})
    said = np.asarray(model.embed_documents(words), dtype=np.float64)
    return np.asarray(said - said.mean(axis=0))


def components(said: np.ndarray, dimensions: int) -> np.ndarray:
    """Unit rows of the first principal components; the sign of each is that of its largest weight."""
    _, _, directions = np.linalg.svd(said, full_matrices=False)
    kept = directions[:dimensions]
    kept = kept * np.sign(kept[np.arange(len(kept)), np.abs(kept).argmax(axis=1)])[:, None]
    return unit(said @ kept.T)


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def write(out: Path, words: list[str], vectors: np.ndarray) -> None:
    """The table, each column with a scale of its own."""
    scale = np.abs(vectors).max(axis=0) / 127
    np.savez(
        out,
        words=np.frombuffer("\n".join(words).encode("ascii"), dtype=np.uint8),
        vectors=np.round(vectors / scale).astype(np.int8),
        scale=scale.astype(np.float32),
    )


def kept(said: np.ndarray, table: np.ndarray) -> float:
    """Spearman's correlation of the cosines of JUDGED words in the encoder and in a table."""
    every = max(1, len(said) // JUDGED)
    full, cut = unit(said[::every]), unit(table[::every])
    pairs = np.triu_indices(len(full), 1)
    return float(spearmanr((full @ full.T)[pairs], (cut @ cut.T)[pairs]).statistic)


def main() -> None:
    """Read, cut, write, print."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--out", type=Path, default=word_vectors.FILE)
    args = cli.parse_args()
    folder = minilm()
    words = vocabulary(folder)
    said = read(folder, words)
    write(args.out, words, components(said, word_vectors.DIMENSIONS))
    with np.load(args.out) as held:
        table = held["vectors"] * held["scale"]
    random = said @ np.random.default_rng(0).normal(size=(said.shape[1], word_vectors.DIMENSIONS))
    figures = {f"first {k}": round(kept(said, table[:, :k]), 3) for k in (24, 48, word_vectors.DIMENSIONS)}
    figures["random directions"] = round(kept(said, random), 3)
    said_of_it = {"words": len(words), "dimensions": word_vectors.DIMENSIONS, "bytes": args.out.stat().st_size}
    print(json.dumps(said_of_it | {"nearness_kept": figures}, indent=1))


if __name__ == "__main__":
    main()
