"""A team's own step: split prepared rows into what trains (label first, no header) and what is checked."""

import csv
from pathlib import Path

ROOT = Path("/opt/ml/processing")
KEY, LABEL = "application_id", "approve"
FACETS = {"black", "hispan", "male", "old"}


def main() -> None:
    """Write train/train.csv and features/features.csv from the CSV files with a header below input/data."""
    for folder in ("train", "features"):
        (ROOT / "output" / folder).mkdir(parents=True, exist_ok=True)
    with (
        (ROOT / "output/train/train.csv").open("w", newline="") as train,
        (ROOT / "output/features/features.csv").open("w", newline="") as features,
    ):
        trains, checks = csv.writer(train), csv.writer(features)
        names = []
        for path in sorted((ROOT / "input/data").glob("*.csv")):
            with path.open(newline="") as rows:
                for row in csv.DictReader(rows):
                    if not names:
                        names = [name for name in row if name not in {KEY, LABEL, *FACETS}]
                        checks.writerow(names)
                    cells = [row[name] for name in names]
                    trains.writerow([row[LABEL], *cells])
                    checks.writerow(cells)


if __name__ == "__main__":
    main()
