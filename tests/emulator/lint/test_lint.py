"""What the linter finds, and that it finds nothing in a good definition."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.emulator import wire
from sagemaker_monitor.emulator.definition.shapes import conform
from sagemaker_monitor.emulator.lint import lint, render

from .definitions import definition, get, job, json_get, s3_input

Edit = Callable[[dict[str, Any]], Any]


def step(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the step called *name*, in whatever branch."""

    def walk(steps: list[dict[str, Any]]) -> Any:
        for item in steps:
            yield item
            for branch in ("IfSteps", "ElseSteps"):
                yield from walk(item["Arguments"].get(branch, []))

    found: dict[str, Any] = next(item for item in walk(document["Steps"]) if item["Name"] == name)
    return found


def arguments(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the arguments of the step called *name*."""
    found: dict[str, Any] = step(document, name)["Arguments"]
    return found


def condition(document: dict[str, Any], number: int, **changes: Any) -> None:
    """Change one condition of the step Gate."""
    arguments(document, "Gate")["Conditions"][number].update(changes)


def test_a_definition_as_the_sdk_writes_it_has_no_findings() -> None:
    """Every step type, expression and nested branch of a good definition passes."""
    assert lint(definition(), "mortgage-register-local") == []


LITERAL_256 = "x" * 257
BAD: dict[str, tuple[Edit, str, str]] = {
    "undeclared parameter": (
        lambda d: arguments(d, "Score")["TransformResources"].update(InstanceCount=get("Parameters.Conut")),
        "Steps[1](Score).Arguments.TransformResources.InstanceCount",
        "parameter 'Conut' is not declared; did you mean 'Count'?",
    ),
    "unknown step": (
        lambda d: arguments(d, "Score").update(ModelName=get("Steps.Creat.ModelName")),
        "Steps[1](Score).Arguments.ModelName",
        "there is no step 'Creat'; did you mean 'Create'?",
    ),
    "unknown step in DependsOn": (
        lambda d: step(d, "Score").update(DependsOn=["Creaet"]),
        "Steps[1](Score).DependsOn",
        "there is no step 'Creaet'; did you mean 'Create'?",
    ),
    "no such property": (
        lambda d: arguments(d, "Score").update(ModelName=get("Steps.Create.ModelNam")),
        "Steps[1](Score).Arguments.ModelName",
        "Steps.Create.ModelNam: no such property; did you mean 'ModelName'?",
    ),
    "no such property of a check": (
        lambda d: arguments(d, "Score").update(ModelName=get("Steps.Check.ViolationReport")),
        "Steps[1](Score).Arguments.ModelName",
        "allowed: BaselineUsedForDriftCheckConstraints, CalculatedBaselineConstraints",
    ),
    "property without a name": (
        lambda d: arguments(d, "Score").update(ModelName=get("Steps.Create")),
        "Steps[1](Score).Arguments.ModelName",
        "Steps.Create needs a property",
    ),
    "properties of a Fail step": (
        lambda d: arguments(d, "Score").update(ModelName=get("Steps.Refuse.ErrorMessage")),
        "Steps[1](Score).Arguments.ModelName",
        "a step of type Fail has no properties",
    ),
    "unknown execution variable": (
        lambda d: arguments(d, "Score").update(ModelName=get("Execution.PipelineArm")),
        "Steps[1](Score).Arguments.ModelName",
        "no execution variable 'PipelineArm'; did you mean 'PipelineArn'?",
    ),
    "malformed reference": (
        lambda d: arguments(d, "Score").update(ModelName=get("Steps")),
        "Steps[1](Score).Arguments.ModelName",
        "'Steps' is no reference; write Parameters.<name>",
    ),
    "cycle": (
        lambda d: step(d, "Create").update(DependsOn=["Decide"]),
        "(",
        "steps wait for each other: ",
    ),
    "a step that waits for itself": (
        lambda d: step(d, "Create").update(DependsOn=["Create"]),
        "Steps[0](Create)",
        "steps wait for each other: Create → Create",
    ),
    "duplicate name": (
        lambda d: step(d, "Refuse").update(Name="Create"),
        "Steps[0](Create)",
        "2 steps are called 'Create'",
    ),
    "long step name": (
        lambda d: step(d, "Refuse").update(Name="R" * 65),
        ".Name",
        "has 65 characters; at most 64 allowed",
    ),
    "step name with a space": (
        lambda d: step(d, "Refuse").update(Name="Re fuse"),
        ".Name",
        "'Re fuse' does not match",
    ),
    "unknown step type": (
        lambda d: step(d, "Create").update(Type="Tuning"),
        "Steps[0](Create).Type",
        "step 'Create' has type 'Tuning', which does not run here; did you mean 'Training'? allowed: ",
    ),
    "unknown argument": (
        lambda d: arguments(d, "Create").update(ExecutionRoleAm="x"),
        "Steps[0](Create).Arguments.ExecutionRoleAm",
        "unknown field 'ExecutionRoleAm'; did you mean 'ExecutionRoleArn'?",
    ),
    "nested unknown argument": (
        lambda d: arguments(d, "Decide")["ProcessingResources"]["ClusterConfig"].update(InstanceCuont=1),
        "Steps[4](Decide).Arguments.ProcessingResources.ClusterConfig.InstanceCuont",
        "did you mean 'InstanceCount'?",
    ),
    "unknown field of a step": (
        lambda d: step(d, "Check").update(SkipChek=True),
        "Steps[2](Check).SkipChek",
        "unknown field 'SkipChek'; did you mean 'SkipCheck'?",
    ),
    "retries of a check": (
        lambda d: step(d, "Check").update(RetryPolicies=[]),
        "Steps[2](Check).RetryPolicies",
        "unknown field 'RetryPolicies'",
    ),
    "wrong type": (
        lambda d: arguments(d, "Decide")["ProcessingResources"]["ClusterConfig"].update(InstanceCount="1"),
        "Steps[4](Decide).Arguments.ProcessingResources.ClusterConfig.InstanceCount",
        "must be an integer; '1' is given",
    ),
    "a truth value for a number": (
        lambda d: arguments(d, "Decide")["ProcessingResources"]["ClusterConfig"].update(InstanceCount=True),
        "InstanceCount",
        "must be an integer; True is given",
    ),
    "a number parameter for text": (
        lambda d: arguments(d, "Score").update(ModelName=get("Parameters.Count")),
        "Steps[1](Score).Arguments.ModelName",
        "needs a value of type String; 'Parameters.Count' is of type Integer; wrap it in Std:Join",
    ),
    "a text parameter for a flag": (
        lambda d: step(d, "Check").update(SkipCheck=get("Parameters.Mode")),
        "Steps[2](Check).SkipCheck",
        "needs a value of type Boolean; 'Parameters.Mode' is of type String",
    ),
    "an expression for a list": (
        lambda d: arguments(d, "Decide").update(ProcessingInputs=get("Parameters.Mode")),
        "Steps[4](Decide).Arguments.ProcessingInputs",
        "needs a literal list; an expression is given",
    ),
    "missing required": (
        lambda d: arguments(d, "Decide").pop("RoleArn"),
        "Steps[4](Decide).Arguments",
        "'RoleArn' is missing",
    ),
    "missing check type": (
        lambda d: step(d, "Check").pop("CheckType"),
        "Steps[2](Check)",
        "'CheckType' is missing",
    ),
    "enum": (
        lambda d: arguments(d, "Score")["TransformInput"].update(SplitType="Lines"),
        "Steps[1](Score).Arguments.TransformInput.SplitType",
        "'Lines' is not allowed; did you mean 'Line'?",
    ),
    "check type": (
        lambda d: step(d, "Check").update(CheckType="DATA_QUALITY"),
        "Steps[2](Check).CheckType",
        "'DATA_QUALITY' is not allowed",
    ),
    "quality check type": (
        lambda d: step(d, "Quality").update(CheckType="MODEL_QUALITI"),
        "Steps[3](Quality).CheckType",
        "'MODEL_QUALITI' is not allowed; did you mean 'MODEL_QUALITY'?",
    ),
    "a model quality check whose job looks at data": (
        lambda d: step(d, "Quality").update(CheckType="MODEL_QUALITY"),
        "Steps[3](Quality).Arguments.Environment",
        "analysis_type is not set; a MODEL_QUALITY check needs 'MODEL_QUALITY'",
    ),
    "a data quality check whose job looks at a model": (
        lambda d: arguments(d, "Quality").update(Environment={"analysis_type": "MODEL_QUALITY"}),
        "Steps[3](Quality).Arguments.Environment",
        "analysis_type is 'MODEL_QUALITY'; a DATA_QUALITY check needs 'DATA_QUALITY'",
    ),
    "quality check type given later": (
        lambda d: step(d, "Quality").update(CheckType=get("Parameters.Mode")),
        "Steps[3](Quality).CheckType",
        "needs a literal value; an expression is given",
    ),
    "an option of another check": (
        lambda d: step(d, "Quality").update(ModelName="m"),
        "Steps[3](Quality).ModelName",
        "unknown field 'ModelName'",
    ),
    "no such property of a quality check": (
        lambda d: arguments(d, "Score").update(ModelName=get("Steps.Quality.CalculatedBaseline")),
        "Steps[1](Score).Arguments.ModelName",
        "did you mean 'CalculatedBaselineStatistics'?",
    ),
    "model bias without a model": (
        lambda d: step(d, "Check").update(CheckType="MODEL_BIAS"),
        "Steps[2](Check).ModelName",
        "MODEL_BIAS needs the name of the model to analyse",
    ),
    "data bias with a model": (
        lambda d: step(d, "Check").update(ModelName="m"),
        "Steps[2](Check).ModelName",
        "DATA_BIAS looks at no model",
    ),
    "undeclared property file": (
        lambda d: condition(d, 0, LeftValue=json_get("Decide", "Verdct", "gate")),
        "Steps[5](Gate).Arguments.Conditions[0].LeftValue",
        "step 'Decide' has no property file 'Verdct'; did you mean 'Verdict'?",
    ),
    "property file of another type": (
        lambda d: condition(d, 0, LeftValue=json_get("Check", "Verdict", "gate")),
        "Steps[5](Gate).Arguments.Conditions[0].LeftValue",
        "step 'Check' is of type ClarifyCheck; only Processing steps have property files",
    ),
    "property file of no step": (
        lambda d: condition(d, 0, LeftValue=json_get("Decid", "Verdict", "gate")),
        "Steps[5](Gate).Arguments.Conditions[0].LeftValue",
        "there is no step 'Decid'; did you mean 'Decide'?",
    ),
    "property file without JsonGet": (
        lambda d: condition(d, 0, LeftValue=get("Steps.Decide.PropertyFiles.Verdict")),
        "Steps[5](Gate).Arguments.Conditions[0].LeftValue",
        "can only be read with Std:JsonGet",
    ),
    "property file in no output": (
        lambda d: step(d, "Decide")["PropertyFiles"][0].update(OutputName="outt"),
        "Steps[4](Decide).PropertyFiles",
        "'Verdict' is in output 'outt'; the step's outputs: 'out'",
    ),
    "bad JSON path": (
        lambda d: condition(d, 0, LeftValue=json_get("Decide", "Verdict", "gate[*]")),
        "Steps[5](Gate).Arguments.Conditions[0].LeftValue",
        "'gate[*]' is no path",
    ),
    "incomplete join": (
        lambda d: arguments(d, "Refuse").update(ErrorMessage={"Std:Join": {"Values": []}}),
        "(Refuse).Arguments.ErrorMessage",
        "Std:Join needs",
    ),
    "joining an object": (
        lambda d: arguments(d, "Refuse").update(ErrorMessage={"Std:Join": {"On": "", "Values": [{"a": 1}]}}),
        "(Refuse).Arguments.ErrorMessage.Values[0]",
        "only values can be joined",
    ),
    "unknown condition": (
        lambda d: condition(d, 0, Type="Equal"),
        "Steps[5](Gate).Arguments.Conditions[0].Type",
        "unknown condition 'Equal'; did you mean 'Equals'?",
    ),
    "missing operand": (
        lambda d: condition(d, 0, RightValue=None),
        "Steps[5](Gate).Arguments.Conditions[0]",
        "Equals needs 'RightValue'",
    ),
    "operand of another condition": (
        lambda d: condition(d, 0, Values=[]),
        "Steps[5](Gate).Arguments.Conditions[0].Values",
        "unknown field 'Values'",
    ),
    "ordering text": (
        lambda d: condition(d, 1, RightValue="0.1"),
        "Steps[5](Gate).Arguments.Conditions[1].RightValue",
        "GreaterThan compares numbers; a String is given",
    ),
    "comparing types": (
        lambda d: condition(d, 0, LeftValue=get("Parameters.Strict")),
        "Steps[5](Gate).Arguments.Conditions[0]",
        "Equals compares a Boolean with a String",
    ),
    "a condition inside a condition": (
        lambda d: condition(d, 2, Condition={"Type": "In", "QueryValue": "b", "Values": []}),
        "Steps[5](Gate).Arguments.Conditions[2].Condition.Values",
        "at least one value",
    ),
    "no conditions": (
        lambda d: arguments(d, "Gate").update(Conditions=[]),
        "Steps[5](Gate).Arguments.Conditions",
        "has 0 items; at least 1 needed",
    ),
    "depending on a branch": (
        lambda d: d["Steps"].append(
            {"Name": "After", "Type": "Fail", "Arguments": {}, "DependsOn": ["Register"]}
        ),
        "Steps[6](After)",
        "depends on step 'Register', which runs only in the If branch of 'Gate'",
    ),
    "depending on the other branch": (
        lambda d: step(d, "Refuse").update(DependsOn=["Register"]),
        "Steps[5](Gate).Arguments.ElseSteps[0](Refuse)",
        "depends on step 'Register', which runs only in the If branch of 'Gate'",
    ),
    "trigger": (
        lambda d: step(d, "Decide").update(DependsOn=[{"Step": "Check", "Trigger": "Always"}]),
        "Steps[4](Decide).DependsOn[0].Trigger",
        "'Always' is not allowed; allowed: Any, Completed, Failed, Stopped",
    ),
    "long container argument": (
        lambda d: arguments(d, "Decide")["AppSpecification"].update(ContainerArguments=[LITERAL_256]),
        "Steps[4](Decide).Arguments.AppSpecification.ContainerArguments[0]",
        "has 257 characters; at most 256 allowed",
    ),
    "long environment value": (
        lambda d: arguments(d, "Decide").update(Environment={"A": LITERAL_256}),
        "Steps[4](Decide).Arguments.Environment.A",
        "has 257 characters; at most 256 allowed",
    ),
    "too many inputs": (
        lambda d: arguments(d, "Decide").update(
            ProcessingInputs=[s3_input(f"i{n}", "s3://b/k") for n in range(11)]
        ),
        "Steps[4](Decide).Arguments.ProcessingInputs",
        "has 11 items; at most 10 allowed",
    ),
    "long URI": (
        lambda d: arguments(d, "Decide").update(ProcessingInputs=[s3_input("i", "s3://b/" + "k" * 1020)]),
        "Steps[4](Decide).Arguments.ProcessingInputs[0].S3Input.S3Uri",
        "has 1027 characters; at most 1024 allowed",
    ),
    "default of another type": (
        lambda d: d["Parameters"][1].update(DefaultValue="1"),
        "Parameters(Count).DefaultValue",
        "must be of type Integer; '1' is given",
    ),
    "default outside the enum": (
        lambda d: d["Parameters"][4].update(DefaultValue="c"),
        "Parameters(Mode).DefaultValue",
        "'c' is not one of 'a', 'b'",
    ),
    "parameter type": (
        lambda d: d["Parameters"][1].update(Type="Int"),
        "$.Parameters[1].Type",
        "'Int' is not allowed; did you mean 'Integer'?",
    ),
    "parameter declared twice": (
        lambda d: d["Parameters"].append({"Name": "Count", "Type": "Integer"}),
        "Parameters[5]",
        "parameter 'Count' is declared twice",
    ),
    "version": (
        lambda d: d.update(Version="2021-01-01"),
        "$.Version",
        "'2021-01-01' is not allowed; did you mean '2020-12-01'?",
    ),
    "unknown field": (
        lambda d: d.update(Stepz=[]),
        "$.Stepz",
        "unknown field 'Stepz'; did you mean 'Steps'?",
    ),
    "no steps": (
        lambda d: d.update(Steps=[]),
        "$.Steps",
        "has 0 items; at least 1 needed",
    ),
    "a step that is text": (
        lambda d: d["Steps"].append("Decide"),
        "Steps[6]",
        "a step needs a Name and a Type; 'Decide' is given",
    ),
    "experiment": (
        lambda d: d["PipelineExperimentConfig"].update(TrialName=get("Parameters.Trial")),
        "PipelineExperimentConfig.TrialName",
        "parameter 'Trial' is not declared",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_found_where_it_is(case: str) -> None:
    """One mistake gives a finding with its path, what is allowed, and the close match."""
    edit, path, message = BAD[case]
    document = definition()
    edit(document)

    found = [(finding.path, finding.message) for finding in lint(document)]

    assert [item for item in found if path in item[0] and message in item[1]], found


def test_the_name_of_the_pipeline_is_checked_too() -> None:
    """A name that CreatePipeline would refuse is found before anything is sent."""
    assert "does not match" in str(lint(definition(), "my_pipeline")[0])
    assert "at most 256" in str(lint(definition(), "p" * 257)[0])


def test_all_findings_come_at_once_and_their_text_is_bounded() -> None:
    """Fifty mistakes are fifty findings, of which ten are shown and the rest counted."""
    document = definition()
    arguments(document, "Decide").update({f"Unknown{number}": "x" * 5000 for number in range(50)})

    findings = lint(document)

    assert len(findings) == 50
    assert "… and 40 more" in render(findings)
    assert len(render(findings)) < 10_000


@pytest.mark.parametrize(
    "document", [None, [], "text", 1, {}, {"Version": 1, "Steps": {}, "Parameters": "x"}]
)
def test_what_is_no_definition_is_found_and_does_not_break(document: Any) -> None:
    """Any JSON document is answered with findings."""
    assert lint(document)


def test_deep_nesting_is_refused() -> None:
    """A document nested without end is a finding, not a crash."""
    document: Any = {"Type": "Not"}
    for _ in range(400):
        document = {"Type": "Not", "Condition": document}

    (finding,) = lint(definition() | {"Metadata": document})

    assert "nested more than" in finding.message


def test_two_cycles_are_two_findings() -> None:
    """Each cycle is named on its own."""
    document = definition()
    document["Steps"] = [
        {"Name": name, "Type": "Fail", "Arguments": {}, "DependsOn": [other]}
        for name, other in [("A", "B"), ("B", "A"), ("C", "D"), ("D", "C")]
    ]

    assert len([finding for finding in lint(document) if "wait for each other" in finding.message]) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3000) | st.floats(0, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def _leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(node, dict):
        return [path, *(leaf for key, value in node.items() for leaf in _leaves(value, (*path, key)))]
    if isinstance(node, list):
        return [path, *(leaf for index, value in enumerate(node) for leaf in _leaves(value, (*path, index)))]
    return [path]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_botocore_refuses_is_found(data: st.DataObject) -> None:
    """Arguments that botocore's own validator refuses never pass the linter."""
    request = job("x:1", [s3_input("i", "s3://b/k")], "s3://b/out", Environment={"A": "b"})
    path = data.draw(st.sampled_from([leaf for leaf in _leaves(request) if leaf]))
    node = request
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = data.draw(json_values.filter(lambda value: value is not None))
    model = wire.operation_model("CreateProcessingJob")
    assert model is not None
    assert model.input_shape is not None

    refused = ParamValidator().validate({**request, "ProcessingJobName": "n"}, model.input_shape).has_errors()
    found = list(conform(model.input_shape, request, "$", absent=frozenset({"ProcessingJobName"})))

    assert found or not refused


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_change_of_a_definition_breaks_the_linter(data: st.DataObject) -> None:
    """Whatever stands anywhere in the document, the linter answers."""
    document: Any = copy.deepcopy(definition())
    path = data.draw(st.sampled_from([leaf for leaf in _leaves(document) if leaf]))
    node = document
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = data.draw(json_values)

    assert isinstance(render(lint(document)), str)


def test_the_linter_needs_no_server() -> None:
    """Importing it loads neither moto nor a web server nor boto3, so that the command line stays fast."""
    code = (
        "import sys, json; from sagemaker_monitor.emulator.lint import lint; lint({});"
        "heavy = ('moto', 'werkzeug', 'flask', 'boto3', 'sagemaker');"
        "print(json.dumps([name for name in heavy if name in sys.modules]))"
    )

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert json.loads(loaded) == []
