"""Leave the features of each record, in the model's order: the columns that the baseline has.

The record preprocessor of data quality schedules. Of a captured request it takes the input, of a batch's
line the columns from FEATURES_FIRST on, FEATURES_COUNT of them; without a count all there are, so that
requests with missing or extra columns are told.
"""

from __future__ import annotations

import base64
import csv
import io
import os
from typing import Any, Dict, List, Optional, Union

FIRST = int(os.environ.get("FEATURES_FIRST", "0"))
COUNT = int(os.environ["FEATURES_COUNT"]) if os.environ.get("FEATURES_COUNT") else None
Row = Dict[str, Optional[str]]


def preprocess_handler(inference_record: Any) -> Union[Row, List[Row]]:
    """Return the row of a record, or the rows of a request with several."""
    text = inference_record if isinstance(inference_record, str) else _asked(inference_record)
    rows = [_row(cells) for cells in csv.reader(io.StringIO(text, newline="")) if cells]
    return rows[0] if len(rows) == 1 else rows


def _asked(record: Any) -> str:
    part = record.endpoint_input
    if part is None or part.data is None:
        return ""
    return base64.b64decode(part.data).decode("utf-8") if part.encoding == "BASE64" else str(part.data)


def _row(cells: List[str]) -> Row:
    last = None if COUNT is None else FIRST + COUNT
    # Model Monitor sorts columns by their names as text, and compares them by their place.
    return {str(place).zfill(20): cell or None for place, cell in enumerate(cells[FIRST:last])}
