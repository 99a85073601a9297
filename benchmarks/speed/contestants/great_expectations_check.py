"""Great Expectations: completeness, types, extremes and categories of each column are checked; no profile."""

from __future__ import annotations

import json
import sys

import great_expectations as gx
import pandas

frame = pandas.read_csv(sys.argv[1])
context = gx.get_context(mode="ephemeral")
asset = context.data_sources.add_pandas("speed").add_dataframe_asset("rows")
batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
suite = gx.ExpectationSuite(name="baseline")
expect = gx.expectations
for name in frame.columns:
    suite.add_expectation(expect.ExpectColumnValuesToNotBeNull(column=name, mostly=0.5))
    if pandas.api.types.is_numeric_dtype(frame[name]):
        suite.add_expectation(expect.ExpectColumnMeanToBeBetween(column=name, min_value=0))
        suite.add_expectation(expect.ExpectColumnValuesToBeBetween(column=name, min_value=0))
    else:
        values = sorted(frame[name].unique())
        suite.add_expectation(expect.ExpectColumnValuesToBeInSet(column=name, value_set=values))
found = batch.validate(suite, result_format="BASIC")
answer = {"rows": len(frame)}
for each in found.results:
    column, kind = each.expectation_config.kwargs["column"], each.expectation_config.type
    if kind == "expect_column_mean_to_be_between":
        answer[f"{column}/mean"] = float(each.result["observed_value"])
    elif kind == "expect_column_values_to_not_be_null" and not column.startswith("text"):
        answer[f"{column}/missing"] = int(each.result["unexpected_count"])
print(json.dumps(answer))
