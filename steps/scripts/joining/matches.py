"""Which label belongs to which record."""

from __future__ import annotations

from dataclasses import replace

from steps.scripts.joining.cells import JoinError
from steps.scripts.joining.columns import Columns
from steps.scripts.joining.label_values import same_label
from steps.scripts.joining.labels import Labels
from steps.scripts.joining.scored import Record


class Matches:
    """Which labels the records have found."""

    def __init__(self, labels: Labels | None, columns: Columns) -> None:
        self.labels, self.columns = labels or Labels({}, {}, 0), columns
        self.repeated = self.contradicting = self.faceless = 0
        self._keys: set[str] = set()
        self._ids: set[str] = set()

    def with_facets(self, record: Record) -> Record:
        """Return a labelled *record* with the facet columns that its label brings along, of an endpoint."""
        if not self.columns.of_endpoint or not self.columns.facet_columns:
            return record
        facets = self.labels.facets.get(record.inference_id) or self.labels.facets.get(record.key)
        self.faceless += facets is None
        return record if facets is None else replace(record, facets=facets)

    def label_of(self, record: Record) -> str | None:
        """Return the label of *record*: by its inference id, or else by its key."""
        by_id = self.labels.by_id.get(record.inference_id)
        by_key = self.labels.by_key.get(record.key)
        if by_id is not None:
            self.contradicting += by_key is not None and not same_label(by_id, by_key)
            self.repeated += record.inference_id in self._ids
            self._ids.add(record.inference_id)
        elif by_key is not None:
            self.repeated += record.key in self._keys
        if by_key is not None:
            self._keys.add(record.key)
        return by_id if by_id is not None else by_key

    @property
    def unmatched(self) -> int:
        """How many labels have found no record."""
        return len(self.labels) - len(self._keys) - len(self._ids)

    def finish(self, rows: int) -> None:
        """Raise JoinError when a label cannot be told to belong to one row, or does not say of whom it is.

        Clients send a request again that they got no answer to: of an endpoint, one label is of all of them.
        """
        if self.faceless and self.columns.needs_facets:
            raise JoinError(
                f"{self.faceless} of {rows} records have a label without the facet columns "
                f"{', '.join(self.columns.facet_columns)}, which no endpoint is sent: give them beside "
                "the label, as ground-truth put does"
            )
        if self.repeated and not self.columns.of_endpoint:
            raise JoinError(
                f"{self.repeated} of {rows} rows repeat a record key of another row; a key must name one "
                "record, and a batch that was scored twice needs labels by inference id"
            )
        if self.contradicting:
            raise JoinError(
                f"the labels contradict each other: {self.contradicting} of {rows} rows have another label "
                "by their inference id than by their record key; keep the one that is right"
            )
