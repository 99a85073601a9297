"""What a model file that is wrong is answered."""

from __future__ import annotations

import pytest

from sagemaker_monitor.settings import load_model
from sagemaker_monitor.settings.errors import MAX_LINE

from .conftest import MODEL, Project

RELATIVE = (
    "must be relative: a model file names no bucket or account, because it is the same in every environment;"
    " write the path below the environment's storage.bucket and storage.prefix"
)
SCHEMA_KEYS = "content_type, facet_columns, favourable, features, label, prediction, problem_type, record_key"
MODEL_KEYS = (
    "alarms, artifact, baseline, data, endpoint, gate, inventory, model, monitoring_schedules, monitors, "
    "pipelines, schedules, schema, schema_version"
)
METRICS = "CDDL, CI, DPL, JS, KL, KS, LP, TVD, AD, CDDPL, DAR, DCA, DCR, DI, DPPL, DRR, FT, GE, RD, SD, TE"
RULE = "gate:\n  rules:\n    - {match: %s, action: fail}\n"

# name: (text to replace, its replacement or an appendix, the problems)
BAD_FILES: dict[str, tuple[str, str, list[str]]] = {
    "a mistyped key": (
        "facet_columns",
        "facet_column",
        [
            "11: schema: unknown key 'facet_column'; did you mean 'facet_columns'?"
            f" allowed here: {SCHEMA_KEYS}"
        ],
    ),
    "a key of another section": (
        "",
        "facets: []\n",
        [f"19: unknown key 'facets'; it belongs in monitors.bias; allowed here: {MODEL_KEYS}"],
    ),
    "the name that only Python uses": (
        "schema:\n",
        "data_schema:\n",
        [
            f"7: unknown key 'data_schema'; did you mean 'schema'? allowed here: {MODEL_KEYS}",
        ],
    ),
    "missing keys": (
        "  label: approve\n  record_key: id\n",
        "",
        [
            "7: schema: label is missing"
            " (Column of the observed outcome, of binary models 0 or 1; the last of a file)",
            "7: schema: record_key is missing"
            " (Column that names a record; joins late labels, never sent to the model)",
        ],
    ),
    "an empty section": (
        "",
        "inventory:\n",
        ["19: inventory: must be a section with keys of its own (id, owner, tier), not empty"],
    ),
    "a list for a section": (
        "",
        "inventory: [1]\n",
        ["19: inventory: must be a section with keys of its own (id, owner, tier), not a list"],
    ),
    "no monitor": (
        MODEL[MODEL.index("monitors") :],
        "monitors: {}\n",
        [
            "14: monitors: at least one monitor is needed: data_quality, model_quality, bias, explainability,"
            " custom"
        ],
    ),
    "a row of a SHAP baseline that is too short": (
        "",
        "  explainability: {baseline: [[1, 2], [1]]}\n",
        ["19: monitors.explainability.baseline[1]: has 1 values, but there are 2 features: give one of each"],
    ),
    "a SHAP baseline without rows": (
        "",
        "  explainability: {baseline: []}\n",
        ["19: monitors.explainability.baseline: has no row: give at least one, or mean"],
    ),
    "a probability that the model does not answer": (
        "  record_key: id\n",
        "  record_key: id\n  prediction: {probability: 1}\n",
        [
            "10: schema.prediction.probability: is 1, but the model answers one value, counted from 0:"
            " see values"
        ],
    ),
    "a rule for a metric of model quality that there is not": (
        "",
        "  model_quality: {}\n" + RULE % "model_quality/recal",
        [
            "22: gate.rules[0].match: 'model_quality/recal' matches nothing: no metric is called 'recal';"
            " did you mean 'recall'? metrics: recall, precision, accuracy, true_positive_rate,"
            " true_negative_rate, false_positive_rate, false_negative_rate, auc, f0_5, f1, f2"
        ],
    ),
    "a rule with more than model quality has": (
        "",
        "  model_quality: {}\n" + RULE % "model_quality/recall/*",
        [
            "22: gate.rules[0].match: 'model_quality/recall/*' matches nothing:"
            " nothing follows the metric: write 'model_quality/recall'"
        ],
    ),
    "no facet": (
        MODEL[MODEL.index("    facets:\n") :],
        "    facets: []\n",
        ["16: monitors.bias.facets: needs at least 1 item"],
    ),
    "an unknown choice": (
        "framework: xgboost",
        "framework: xgbost",
        [
            "4: artifact.framework: must be one of xgboost, linear-learner, scikit-learn, script, not the"
            " text 'xgbost'; did you mean 'xgboost'?"
        ],
    ),
    "scikit-learn without its script": (
        'framework: xgboost\n  version: "1.7-1"',
        'framework: scikit-learn\n  version: "1.2-1"',
        [
            "3: artifact: scikit-learn needs entry_point: the script with model_fn in the archive's"
            " folder code/"
        ],
    ),
    "a script that is no file of code/": (
        'framework: xgboost\n  version: "1.7-1"',
        'framework: script\n  version: "1.2-1"\n  entry_point: code/inference.py',
        [
            "6: artifact.entry_point: 'code/inference.py' is not valid:"
            " expected a Python file of the archive's folder code/, such as inference.py"
        ],
    ),
    "linear-learner described as xgboost is": (
        "framework: xgboost",
        "framework: linear-learner\n  entry_point: inference.py",
        [
            "5: artifact.entry_point: linear-learner's container runs no script: remove it",
            "6: artifact.version: is '1.7-1', and linear-learner's container has only \"1\"",
            "8: schema.prediction: linear-learner answers its label, then P(1): write probability: 1 and"
            " values: 2",
        ],
    ),
    "a version of another framework": (
        '"1.7-1"',
        '"1"',
        ["5: artifact.version: is '1': xgboost has versions such as 1.2-1"],
    ),
    "a version without quotes": (
        '"1.7-1"',
        "1.7",
        ['5: artifact.version: must be text, not the number 1.7; quote it: "1.7"'],
    ),
    "a version that is none": (
        '"1.7-1"',
        '"1.7"',
        [
            "5: artifact.version: '1.7' is not valid: expected a version of AWS's container such as 1.7-1",
        ],
    ),
    "columns that YAML reads as something else": (
        "[income, amount]",
        "[no, 0x1F, 2026-01-01]",
        [
            "10: schema.features[0]: must be text, not false (YAML reads yes, no, on and off so);"
            ' quote it: "no"',
            '10: schema.features[1]: must be text, not the number 0x1F; quote it: "0x1F"',
        ],
    ),
    "text for a list": (
        "[income, amount]",
        "income",
        ["10: schema.features: must be a list, not the text 'income'"],
    ),
    "a column with a space at its end": (
        "[income, amount]",
        "[income, 'amount ']",
        [
            "10: schema.features[1]: a column's name has no control characters, and no space at either end",
        ],
    ),
    "a column in two roles": (
        "[income, amount]",
        "[income, id, approve, black, income]",
        [
            "10: schema.features[1]: the column 'id' is already in record_key: remove one",
            "10: schema.features[2]: the column 'approve' is already in label: remove one",
            "10: schema.features[4]: the column 'income' is already in features: remove one",
            "11: schema.facet_columns[0]: the column 'black' is already in features: remove one",
        ],
    ),
    "one column as label and record key": (
        "label: approve",
        "label: id",
        ["8: schema.label: 'id' is also the record_key"],
    ),
    "a label value that no binary classifier has": (
        "  label: approve\n",
        "  label: approve\n  favourable: 2\n",
        ["9: schema.favourable: must be 0 or 1, not 2: a binary classifier's labels are 0 and 1"],
    ),
    "a threshold nothing can be above": (
        "  label: approve\n",
        "  label: approve\n  prediction: {threshold: 1}\n",
        ["9: schema.prediction.threshold: must be less than 1, not 1"],
    ),
    "a number in quotes": (
        "  label: approve\n",
        "  label: approve\n  prediction: {threshold: '0.5'}\n",
        [
            "9: schema.prediction.threshold: must be a number, not the text '0.5'; remove the quotes",
        ],
    ),
    "a facet that is no column": (
        "name: black",
        "name: blck",
        [
            "17: monitors.bias.facets[0].name: 'blck' is no column of features or facet_columns;"
            " did you mean 'black'? columns: black, male, income, amount",
        ],
    ),
    "a facet that is the label": (
        "name: black",
        "name: approve",
        [
            "17: monitors.bias.facets[0].name: 'approve' is the label or the record key:"
            " a facet is about people",
        ],
    ),
    "a facet there twice": (
        "name: male",
        "name: black",
        ["18: monitors.bias.facets[1].name: the facet 'black' is there twice: put its values in one"],
    ),
    "a facet value there twice": (
        "values: [0]",
        "values: [0, '0']",
        ["18: monitors.bias.facets[1].values: the value '0' is there twice"],
    ),
    "facet values that are neither numbers nor text": (
        "values: [0]",
        "values: [yes, 1.5]",
        [
            "18: monitors.bias.facets[1].values[0]: must be a whole number or text,"
            ' not true (YAML reads yes, no, on and off so); quote it: "yes"',
            "18: monitors.bias.facets[1].values[1]: must be a whole number or text,"
            ' not the number 1.5; quote it: "1.5"',
        ],
    ),
    "a facet by values and threshold": (
        "values: [0]",
        "values: [0], threshold: 3",
        ["18: monitors.bias.facets[1]: give either values or threshold"],
    ),
    "a group variable that is no column": (
        "",
        "    group_variable: incom\n",
        [
            "19: monitors.bias.group_variable: 'incom' is no column of features or facet_columns;"
            " did you mean 'income'? columns: black, male, income, amount",
        ],
    ),
    "an S3 URI": ("data/validation.csv", "s3://bank/data.csv", [f"13: data.baseline: {RELATIVE}"]),
    "an ARN": (
        "data/validation.csv",
        "arn:aws:s3:::bank/data.csv",
        [f"13: data.baseline: {RELATIVE}"],
    ),
    "a path upwards": (
        "data/validation.csv",
        "data/../../other/validation.csv",
        ["13: data.baseline: must not hold '.', '..' or empty path parts: S3 does not resolve them"],
    ),
    "a path of this machine": (
        "data/validation.csv",
        "/home/me/validation.csv",
        [
            "13: data.baseline: must be relative: remove the leading '/';"
            " it is taken below the environment's storage",
        ],
    ),
    "a URI with a space": (
        "data/validation.csv",
        "my data.csv",
        ["13: data.baseline: may hold letters, digits and !_.*'()=+@,/- only"],
    ),
    "a model that is no archive": (
        "model.tar.gz",
        "model.json",
        [
            "6: artifact.model_data: 'models/loans/model.json' is not valid:"
            " expected a path that ends with .tar.gz",
        ],
    ),
    "a model called otherwise than its file": (
        "model: loans",
        "model: loan",
        ["2: model: is 'loan', but the file is called loans.yaml: make them the same"],
    ),
    "a name that AWS would not take": (
        "model: loans",
        "model: loans_eu",
        [
            "2: model: 'loans_eu' is not valid:"
            " expected letters and digits, with single hyphens between them",
        ],
    ),
    "an inventory that cannot be tags": (
        "",
        "inventory: {id: 0417, owner: Legal & Co, tier: 5}\n",
        [
            '19: inventory.id: must be text, not the number 0417; quote it: "0417"',
            "19: inventory.tier: must be at most 4, not 5",
        ],
    ),
    "an owner that cannot be a tag": (
        "",
        "inventory: {owner: Legal & Co}\n",
        [
            "19: inventory.owner: holds '&': it becomes a tag, of letters, digits, spaces and _.:/=+-@ only",
        ],
    ),
    "a policy of wrong values": (
        "",
        "gate:\n  false_refusals: 0.7\n  when_to_few: warn\n  rules:\n"
        "    - {match: bias/*, action: refuse, tolerance: calibratd}\n"
        "    - {match: bias, action: fail, between: [1]}\n"
        "    - {match: bias/DI/*, action: fail, maximum: .nan}\n",
        [
            "20: gate.false_refusals: must be less than 0.5, not 0.7",
            "21: gate: unknown key 'when_to_few'; did you mean 'when_too_few'?"
            " allowed here: detect, false_refusals, maximum_warnings, minimum_rows, rules, waivers,"
            " when_too_few",
            "23: gate.rules[0].action: must be one of fail, warn, ignore, not the text 'refuse'",
            "23: gate.rules[0].tolerance: must be 'calibrated' or a number, not the text 'calibratd';"
            " did you mean 'calibrated'?",
            "24: gate.rules[1].match: 'bias' is not valid:"
            " expected bias/<metric>/<facet>, model_quality/<metric> or bias/*, with * as a wildcard",
            "24: gate.rules[1].between: needs 2 items",
            "25: gate.rules[2].maximum: must be a finite number, not the number .nan",
        ],
    ),
    "two limits in one rule": (
        "",
        "gate:\n  rules:\n    - {match: bias/*, action: fail, minimum: 0, maximum: 1}\n",
        ["21: gate.rules[0]: give at most one limit, not minimum and maximum"],
    ),
    "limits the wrong way round": (
        "",
        "gate:\n  rules:\n    - {match: bias/*, action: fail, between: [2, 1]}\n",
        ["21: gate.rules[0]: between: the first number is the lower one"],
    ),
    "a negative tolerance": (
        "",
        "gate:\n  rules:\n    - {match: bias/*, action: fail, tolerance: -1}\n",
        ["21: gate.rules[0].tolerance: must be 'calibrated' or at least 0, not the number -1"],
    ),
    "minimum rows that contradict each other": (
        "",
        "gate:\n  minimum_rows: {total: 100, per_facet: 200, per_facet_and_label: 300}\n",
        [
            "20: gate.minimum_rows.per_facet: is 200, more than total (100), which then says nothing",
            "20: gate.minimum_rows.per_facet_and_label: is 300, more than per_facet (200),"
            " which then says nothing",
        ],
    ),
    "a rule for no metric": (
        "",
        RULE % "bias/DPPPL/*",
        [
            "21: gate.rules[0].match: 'bias/DPPPL/*' matches nothing: no metric is called 'DPPPL';"
            f" did you mean 'DPPL'? metrics: {METRICS}",
        ],
    ),
    "a change that moves nowhere": (
        "",
        "gate:\n  detect:\n    - {match: bias/DPPL/black, by: 0, power: 0.2}\n",
        [
            "21: gate.detect[0].power: must be at least 0.5, not 0.2",
        ],
    ),
    "a change for the better": (
        "",
        "  model_quality: {}\ngate:\n  detect:\n    - {match: model_quality/recall, by: 0.1}\n",
        ["22: gate.detect[0].by: is 0.1, which makes recall better: a change for the worse is caught"],
    ),
    "a change of no facet": (
        "",
        "gate:\n  detect:\n    - {match: bias/DPPL/blak, by: 0.1}\n    - {match: bias/FT/*, by: 0.1}\n",
        [
            "21: gate.detect[0].match: 'bias/DPPL/blak' matches nothing: no facet is called 'blak';"
            " did you mean 'black'? facets: black, male",
            "22: gate.detect[1].match: FT rests on who is whose nearest neighbour, which no weighing of rows"
            " moves: remove it",
        ],
    ),
    "more changes than decide simulates": (
        "",
        "gate:\n  detect:\n    - {match: bias/*, by: 0.1}\n",
        [
            "21: gate.detect[0].match: makes 42 changes in all, and each takes seconds to simulate; declare"
            " at most 30: those that matter most",
        ],
    ),
    "a rule for no facet": (
        "",
        RULE % "bias/DI/blak",
        [
            "21: gate.rules[0].match: 'bias/DI/blak' matches nothing: no facet is called 'blak';"
            " did you mean 'black'? facets: black, male",
        ],
    ),
    "a rule for no monitor": (
        "",
        RULE % "bais/DI/*",
        [
            "21: gate.rules[0].match: 'bais/DI/*' matches nothing: no monitor is called 'bais';"
            " did you mean 'bias'? monitors: bias",
        ],
    ),
    "a rule without its facet": (
        "",
        RULE % "bias/DI",
        ["21: gate.rules[0].match: 'bias/DI' matches nothing: write 'bias/DI/*' for every facet"],
    ),
    "a rule for a metric that needs a group variable": (
        "",
        RULE % "bias/CDDL/*",
        [
            "21: gate.rules[0].match: 'bias/CDDL/*' matches nothing:"
            " CDDL and CDDPL need monitors.bias.group_variable",
        ],
    ),
    "a rule after one that takes everything": (
        "",
        "gate:\n  rules:\n    - {match: bias/*, action: fail}\n    - {match: bias/DI/black, action: warn}\n",
        [
            "22: gate.rules[1].match: 'bias/DI/black' never gets a turn after rules[0] ('bias/*'):"
            " move it up or remove it",
        ],
    ),
    "a rule after several that together take its all": (
        "",
        "gate:\n  rules:\n    - {match: bias/*/black, action: fail}\n"
        "    - {match: bias/*/male, action: fail}\n    - {match: bias/DI/*, action: warn}\n",
        [
            "23: gate.rules[2].match: 'bias/DI/*' never gets a turn after rules[0] ('bias/*/black')"
            " and others: move it up or remove it",
        ],
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_wrong_value_is_answered_with_line_path_and_what_is_allowed(name: str, project: Project) -> None:
    """Each mistake has the one message that leads to its correction."""
    old, new, expected = BAD_FILES[name]
    assert old in MODEL
    project.write("models/loans.yaml", MODEL.replace(old, new) if old else MODEL + new)

    problems = project.problems("model", "loans")

    assert problems == [f"models/loans.yaml:{problem}" for problem in expected]


def test_the_smallest_model_is_valid_and_has_the_documented_defaults(project: Project) -> None:
    """Eighteen lines are a model; everything else has a default."""
    model = load_model("loans", project.conf)

    assert model.data_schema.columns == ("id", "income", "amount", "black", "male", "approve")
    assert model.gate.rules[0].tolerance == "calibrated"
    assert model.baseline.mode == "check"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            "  batches: data/val\n",
            "13: data.baseline: begins with data.batches ('data/val'): it would be scored as a batch",
        ),
        (
            "  batches: b\n  ground_truth: {uri: b-labels/}\n",
            "15: data.ground_truth.uri: begins with data.batches ('b'): labels would be scored as a batch",
        ),
        (
            "  batches: b/\n  ground_truth: {uri: b/}\n",
            "15: data.ground_truth.uri: begins with data.batches ('b/'): labels would be scored as a batch",
        ),
        (
            "  batches: b/2026/\n  ground_truth: {uri: b/}\n",
            "14: data.batches: begins with data.ground_truth.uri ('b/'): batches would be read as labels",
        ),
    ],
)
def test_prefixes_that_take_each_others_objects_are_refused(
    data: str, expected: str, project: Project
) -> None:
    """S3 takes all keys that begin with a prefix, so two data sets must not share one."""
    project.write("models/loans.yaml", MODEL.replace("data/validation.csv\n", f"data/validation.csv\n{data}"))

    assert project.problems("model", "loans") == [f"models/loans.yaml:{expected}"]


def test_a_facet_name_that_rules_could_not_write_is_refused(project: Project) -> None:
    """A slash or wildcard in a facet's name would make rules ambiguous."""
    text = MODEL.replace("[black, male]", "['a/b', male]").replace("name: black", "name: a/b")
    project.write("models/loans.yaml", text)

    assert project.problems("model", "loans") == [
        "models/loans.yaml:17: monitors.bias.facets[0].name:"
        " 'a/b' holds one of / * ? [ ], which rules could not name"
    ]


def test_a_mistyped_key_does_not_hide_problems_that_depend_on_it(project: Project) -> None:
    """The facets are still checked against the columns that were meant."""
    text = MODEL.replace("facet_columns", "facet_column").replace("name: black", "name: blck")
    project.write("models/loans.yaml", text)

    lines = [problem.split(": ")[0] for problem in project.problems("model", "loans")]

    assert lines == ["models/loans.yaml:11", "models/loans.yaml:17"]


def test_rules_on_conditional_metrics_are_fine_with_a_group_variable(project: Project) -> None:
    """CDDL and CDDPL are computed where there is a group variable."""
    project.write("models/loans.yaml", MODEL + "    group_variable: income\n" + RULE % "bias/CDD*")

    assert project.problems("model", "loans") == []


def test_a_facet_with_spaces_can_be_named_by_a_rule(project: Project) -> None:
    """Columns called as people call them work throughout."""
    text = MODEL.replace("black", "Account Length").replace("values: [1]", "threshold: 100")
    project.write("models/loans.yaml", text + RULE % "bias/DI/Account Length")

    assert project.problems("model", "loans") == []


def test_many_problems_are_bounded(project: Project) -> None:
    """A file that is wrong throughout is answered on one screen."""
    project.write("models/loans.yaml", MODEL + "".join(f"unknown{n}: 1\n" for n in range(50)))

    problems = project.problems("model", "loans")

    assert len(problems) == 21
    assert problems[-1] == "and 30 more problems"


def test_a_line_of_output_is_bounded_and_printable(project: Project) -> None:
    """Neither a long nor a hostile value reaches the terminal as it is."""
    project.write("models/loans.yaml", MODEL.replace("model: loans", 'model: "\\e[31m' + "x" * 5000 + '"'))

    (problem,) = project.problems("model", "loans")

    assert problem.isprintable()
    assert len(problem) <= MAX_LINE
