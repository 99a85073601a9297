"""Watch a column of texts: how many are empty, how many too long, how many words the baseline did not know.

A monitor of one's own for sagemaker-monitor, which needs nothing but Python. The contract that it keeps is
in docs/custom-monitor.md.
"""

import csv
import json
import os
import re
import sys
from pathlib import Path

WORD = re.compile(r"[a-z']+")


def read_texts(folder, column):
    """Return the texts of one column of all CSV files below a folder; the first line of each is a header."""
    texts = []
    for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
        with path.open(newline="", encoding="utf-8") as lines:
            rows = csv.DictReader(lines)
            if column not in (rows.fieldnames or ()):
                raise ValueError(f"the data has no column {column!r}; its columns are {rows.fieldnames}")
            texts += [row[column] for row in rows]
    return texts


def words_of(texts):
    """Return every word of the texts, one by one, in lower case."""
    return [word for text in texts for word in WORD.findall(text.lower())]


def measure(texts, known, longest):
    """Return the metrics of the texts; unknown words are those that are not known."""
    words = words_of(texts)
    return {
        "empty_texts": sum(not text.strip() for text in texts) / len(texts),
        "long_texts": sum(len(text) > longest for text in texts) / len(texts),
        "unknown_words": sum(word not in known for word in words) / max(len(words), 1),
    }


def statistics_of(texts, column, metrics):
    """Return statistics.json: what Model Monitor says of a column of texts, and the metrics beside it."""
    missing = sum(not text.strip() for text in texts)
    feature = {
        "name": column,
        "inferred_type": "String",
        "string_statistics": {
            "common": {"num_present": len(texts) - missing, "num_missing": missing},
            "distinct_count": float(len(set(texts))),
        },
    }
    return {
        "version": 0.0,
        "dataset": {"item_count": len(texts)},
        "features": [feature],
        "custom_metrics": {name: {"value": value} for name, value in metrics.items()},
    }


def constraints_of(texts, column, metrics, slack):
    """Return constraints.json: a limit of each metric, and the words that count as known from now on."""
    return {
        "version": 0.0,
        "features": [{"name": column, "inferred_type": "String"}],
        "custom_constraints": {
            name: {"threshold": value + slack, "comparison_operator": "GreaterThanThreshold"}
            for name, value in metrics.items()
        },
        "words": sorted(set(words_of(texts))),
    }


def violations_of(metrics, constraints):
    """Return the metrics that are above their limit, as constraint_violations.json lists them."""
    return [
        {
            "metric_name": name,
            "constraint_check_type": "GreaterThanThreshold",
            "description": f"{name} is {value:.4f}, above {constraints[name]['threshold']:.4f}",
        }
        for name, value in metrics.items()
        if value > constraints[name]["threshold"]
    ]


def run(environment):
    """Do the job that the environment describes; return its exit message."""
    column = environment.get("text_column", "text")
    longest = int(environment.get("longest_text", "500"))
    slack = float(environment.get("slack", "0.05"))
    texts = read_texts(environment["dataset_source"], column)
    if not texts:
        raise ValueError("the data has no rows")

    baseline = None
    if environment.get("skip_check", "false").lower() != "true":
        baseline = json.loads(Path(environment["baseline_constraints"]).read_text(encoding="utf-8"))
        if baseline.get("baseline", "given") is None:
            raise ValueError("there is no baseline to compare with")
    # Of its own words every text knows all: so one half of a baseline is held against the other.
    half = len(texts) // 2
    compares = baseline is not None
    known = set(baseline["words"]) if compares else set(words_of(texts[:half]))
    metrics = measure(texts if compares else texts[half:], known, longest)

    written = {
        "statistics.json": statistics_of(texts, column, metrics),
        "constraints.json": constraints_of(texts, column, metrics, slack),
    }
    violations = violations_of(metrics, baseline["custom_constraints"]) if compares else []
    if violations:
        written["constraint_violations.json"] = {"violations": violations}
    output = Path(environment["output_path"])
    output.mkdir(parents=True, exist_ok=True)
    for name, document in written.items():
        (output / name).write_text(json.dumps(document, indent=2), encoding="utf-8")
    if violations:
        return f"CompletedWithViolations: Job completed successfully with {len(violations)} violations."
    return "Completed: Job completed successfully with no violations."


def main():
    """Run, and leave a sentence about it where SageMaker looks for one; 1 where the job could not be done."""
    code = 0
    try:
        message = run(os.environ)
    except (KeyError, OSError, TypeError, ValueError) as error:
        message, code = f"the texts could not be checked: {type(error).__name__}: {error}", 1
    print(message)
    path = Path(os.environ.get("OUTPUT_MESSAGE_PATH", "/opt/ml/output/message"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(message[:1024], encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
