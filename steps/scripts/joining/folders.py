"""The files that the join writes, one folder for each kind of check."""

from __future__ import annotations

import csv
import os
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Sequence

from steps.scripts.joining.columns import FOR_TEAMS, Columns
from steps.scripts.joining.scored import Record

PREDICTION = "prediction"
SCORED_HEADER = (PREDICTION, "label")
DATA = "data.csv"


class Writer:
    """The folders' files, which appear complete or not at all."""

    def __init__(
        self,
        output: Path,
        columns: Columns,
        explained: bool = False,
        threshold: float | None = None,
        for_teams: Sequence[str] = (),
    ) -> None:
        """Open the files: those of features to explain, of predicted labels and for monitors of teams' own
        where they are asked for.
        """
        self.output = output
        self.open_files = ExitStack()
        self.unfinished: list[tuple[Path, Path]] = []
        self.features, self.labelled, self.scored = map(self._file, ("features", "labelled", "scored"))
        self.explained = self._file("explained") if explained else None
        self.predicted = self._file("predicted") if threshold is not None else None
        self.threshold = threshold
        # Model Monitor takes the names from a header; Clarify has them in its configuration.
        self.features.writerow(columns.features)
        self.header_of_scored = False
        self.predictions, self.outcomes = (
            self._file(folder) if folder in for_teams else None for folder in FOR_TEAMS
        )
        header = [*columns.features, *columns.facet_columns, PREDICTION]
        if self.predictions:
            self.predictions.writerow(header)
        if self.outcomes:
            self.outcomes.writerow([*header, columns.label])

    def _file(self, folder: str) -> Any:
        (self.output / folder).mkdir(parents=True, exist_ok=True)
        path = self.output / folder / f".{DATA}.unfinished"
        stream: IO[str] = self.open_files.enter_context(path.open("w", newline="", encoding="utf-8"))
        self.unfinished.append((path, self.output / folder / DATA))
        return csv.writer(stream, lineterminator="\n")

    def write(self, record: Record, label: str | None) -> None:
        """Write one record; without a label it is left out where labels are needed."""
        self.features.writerow(record.features)
        if self.explained:
            self.explained.writerow(record.features)
        row = [*record.features, *record.facets, record.prediction]
        if self.predictions:
            self.predictions.writerow(row)
        if label is not None and self.outcomes:
            self.outcomes.writerow([*row, label])
        if label is not None:
            if not self.header_of_scored:
                self.scored.writerow(SCORED_HEADER)
                self.header_of_scored = True
            self.labelled.writerow([*record.features, *record.facets, label])
            self.scored.writerow([record.prediction, label])
            if self.predicted and self.threshold is not None:
                self.predicted.writerow([int(float(record.prediction) > self.threshold)])

    def finish(self) -> None:
        """Give the files their names, those without rows excepted: an empty file is no input for a check."""
        self.open_files.close()
        for path, final in self.unfinished:
            if path.stat().st_size:
                os.replace(str(path), str(final))

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.open_files.close()
        for path, _ in self.unfinished:
            if path.exists():
                path.unlink()
