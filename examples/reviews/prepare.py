"""Make the reviews example: a model that reads texts, validation data, an honest batch and two that are not.

The reviews are made up by a seeded generator: nobody's words, and as many as are asked for.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path

GOOD = ["lovely", "great", "sturdy", "quick", "clever", "warm", "bright", "solid", "tasty", "quiet"]
BAD = ["broken", "slow", "noisy", "weak", "late", "dull", "cracked", "stale", "leaky", "cheap"]
THINGS = ["kettle", "lamp", "chair", "book", "charger", "blanket", "speaker", "pan", "bicycle", "puzzle"]
PLAIN = [
    "the",
    "a",
    "this",
    "my",
    "was",
    "arrived",
    "and",
    "but",
    "with",
    "for",
    "very",
    "quite",
    "really",
    "bought",
    "used",
    "after",
    "week",
    "box",
    "colour",
    "size",
]
FOREIGN = [
    "der",
    "die",
    "das",
    "und",
    "aber",
    "sehr",
    "kaputt",
    "toll",
    "schnell",
    "langsam",
    "kessel",
    "lampe",
    "stuhl",
    "buch",
    "decke",
    "farbe",
    "woche",
]
SCRIPT = '''"""A review recommends what it praises more often than it complains."""
import csv, io, json, math, os


def model_fn(model_dir):
    with open(os.path.join(model_dir, "words.json")) as stream:
        return json.load(stream)


def input_fn(data, content_type):
    return list(csv.reader(io.StringIO(data)))


def predict_fn(rows, weights):
    return [sum(weights.get(word, 0.0) for word in text.split()) + float(stars) - 3.0 for text, stars in rows]


def output_fn(scores, accept):
    return "".join(f"{1 / (1 + math.exp(-score)):.6f}\\n" for score in scores)
'''


def review(chance: random.Random, words: list[str]) -> tuple[str, int, int]:
    """Return the text of a review, its stars, and whether it recommends."""
    likes = chance.random() < 0.6
    tone = chance.choices(GOOD if likes else BAD, k=3) + chance.choices(BAD if likes else GOOD, k=1)
    text = [*chance.choices(words, k=chance.randint(4, 14)), chance.choice(THINGS), *tone]
    chance.shuffle(text)
    stars = min(5, max(1, round(chance.gauss(4 if likes else 2, 1))))
    # A comma now and then, as people write: such a cell is quoted.
    return (", " if chance.random() < 0.3 else " ").join(text), stars, int(likes)


def rows(seed: int, count: int, *, words: list[str] = PLAIN, empty: float = 0.0) -> Iterator[list[object]]:
    """Yield *count* rows: record key, text, stars and label; a share *empty* has no text."""
    chance = random.Random(seed)
    for number in range(count):
        text, stars, label = review(chance, words)
        yield [f"r{seed}-{number:05d}", "" if chance.random() < empty else text, stars, label]


def write(path: Path, table: Iterator[list[object]]) -> None:
    """Write rows as CSV without a header, the key alone in front."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(table)


def archive() -> bytes:
    """Return the model.tar.gz: the weights of words, and the script that reads them."""
    weights = ", ".join([*(f'"{word}": 0.8' for word in GOOD), *(f'"{word}": -0.8' for word in BAD)])
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in (("words.json", f"{{{weights}}}"), ("code/inference.py", SCRIPT)):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def main() -> None:
    """Write everything into the folder that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=600)
    options = parser.parse_args()
    folder, count = options.output, options.rows
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.tar.gz").write_bytes(archive())
    write(folder / "validation.csv", rows(1, count))
    write(folder / "batch-honest.csv", rows(2, count))
    write(folder / "batch-foreign.csv", rows(3, count, words=[*PLAIN[:10], *FOREIGN]))
    write(folder / "batch-empty.csv", rows(4, count, empty=0.03))
    print(f"{folder} has a model, validation data and three batches of {count} reviews")


if __name__ == "__main__":
    main()
