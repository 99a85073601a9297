"""The report as JUnit XML: what CodeBuild, Jenkins and others read of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from sagemaker_monitor.analysis.documents.verdict import Check, NotChecked
from sagemaker_monitor.reports import render
from sagemaker_monitor.reports.junit import MOST_CASES
from tests.reports.conftest import EXECUTION, MakeFinding, MakeInput, MakeVerdict, step

SUITE = {"name", "timestamp", "hostname", "tests", "failures", "errors", "time", "package", "id"}
CASE = {"name", "classname", "time"}
OUTCOMES = {"skipped": "SKIPPED", "error": "ERROR", "failure": "FAILED"}
TOKEN = re.compile(r"[^\s]+( [^\s]+)*")


def parsed(text: str) -> dict[str, dict[str, str]]:
    """Return each suite's cases and what CodeBuild would call their status; fail where a schema would.

    The rules are those of Apache Ant's schema, which is stricter than Jenkins's: no attribute on
    testsuites; on testsuite all of SUITE, and properties, cases, system-out, system-err in that order;
    on testcase all of CASE and at most one outcome; a date without a time zone.
    """
    root = ElementTree.fromstring(text)
    assert (root.tag, root.attrib) == ("testsuites", {})
    suites = {}
    for place, suite in enumerate(root):
        assert set(suite.attrib) == SUITE | {"skipped"}
        assert suite.attrib["id"] == str(place)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        tags = [child.tag for child in suite]
        cases = [child for child in suite if child.tag == "testcase"]
        assert tags == ["properties", *["testcase"] * len(cases), "system-out", "system-err"]
        assert all(set(each.attrib) == {"name", "value"} for each in suite[0])
        for key, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[key]) == sum(case.find(kind) is not None for case in cases)
        assert int(suite.attrib["tests"]) == len(cases)
        for case in cases:
            assert set(case.attrib) == CASE
            assert len(case) <= 1
            assert all(set(child.attrib) - {"message"} <= {"type"} for child in case)
            assert all("type" in child.attrib for child in case if child.tag != "skipped")
        keys = ("name", "classname", "package")
        named = [each.attrib.get(key, "-") for each in (suite, *cases) for key in keys]
        assert all(map(TOKEN.fullmatch, named))
        suites[suite.attrib["name"]] = {
            case.attrib["name"]: OUTCOMES[case[0].tag] if len(case) else "SUCCEEDED" for case in cases
        }
    return suites


def test_each_check_is_a_suite_with_what_passed_and_what_did_not(make_input: MakeInput) -> None:
    """A refusal is a failure, a warning or a metric within its limit a pass, what was not checked skipped."""
    assert parsed(render(make_input(), "junit")) == {
        "Verdict": {"the gate is open": "FAILED"},
        "ModelBias": {
            "ModelBias reported": "SUCCEEDED",
            "DPPL, black = 1": "FAILED",
            "RD, black = 1": "SUCCEEDED",
            "AD, black = 1": "SUCCEEDED",
        },
        "Not checked": {"bias/CDDPL/black": "SKIPPED"},
    }


def test_a_failure_says_value_limit_and_rule(make_input: MakeInput) -> None:
    """Who reads the build's page needs no other one to know what failed."""
    text = render(make_input(verdict_uri="s3://b/decide/verdict.json"), "junit")
    failures = [each for each in ElementTree.fromstring(text).iter("failure") if "rule" in (each.text or "")]
    (failure,) = failures

    assert failure.attrib["message"] == "DPPL for black is 0.40, at most 0.37 is explained by chance"
    for told in ("value: 0.400", "baseline: 0.180", "allowed: −0.180 to 0.366", "rule: bias/DPPL/*"):
        assert told in (failure.text or "")
    assert 'value="s3://b/decide/verdict.json"' in text


def test_a_broken_check_is_an_error(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """A check that left no report is an error of its suite, and so is the verdict that lacks it."""
    broken = Check("DataBias", "DATA_BIAS", "broken", "the job failed", None, None, 0)
    verdict = make_verdict(decision="no-evidence", findings=(), checks=(broken,), not_checked=())

    suites = parsed(render(make_input(verdict=verdict), "junit"))
    assert suites == {
        "Verdict": {"the gate is open": "ERROR"},
        "DataBias": {"DataBias reported": "ERROR"},
    }


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        ("pass", "SUCCEEDED"),
        ("baseline-established", "SUCCEEDED"),
        ("inconclusive", "FAILED"),
        ("labels-missing", "FAILED"),
        ("no-evidence", "ERROR"),
    ],
)
def test_a_closed_gate_never_looks_green(
    make_input: MakeInput, make_verdict: MakeVerdict, decision: str, status: str
) -> None:
    """Whatever the findings say, a build sees the decision."""
    verdict = make_verdict(decision=decision, findings=(), not_checked=())

    assert parsed(render(make_input(verdict=verdict), "junit"))["Verdict"] == {"the gate is open": status}


def test_a_run_without_a_verdict_shows_its_steps(make_input: MakeInput) -> None:
    """Where nothing was decided the steps are the cases: a broken one is an error, a running one skipped."""
    steps = [
        step("Join", 2, "Failed", "no label matches"),
        step("ScoreBatch", 1),
        step("Wait", 3, "Executing"),
    ]

    assert parsed(render(make_input(verdict=None, steps=steps), "junit")) == {
        "Verdict": {"the gate is open": "ERROR"},
        "Steps": {"ScoreBatch": "SUCCEEDED", "Join": "ERROR", "Wait": "SKIPPED"},
    }


def test_a_run_that_goes_on_has_neither_passed_nor_failed(make_input: MakeInput) -> None:
    """Its verdict's case is skipped, and it says what runs."""
    execution = {
        "PipelineExecutionArn": EXECUTION,
        "PipelineExecutionStatus": "Executing",
    }
    text = render(
        make_input(verdict=None, steps=[step("Wait", 3, "Executing")], execution=execution), "junit"
    )

    assert parsed(text)["Verdict"] == {"the gate is open": "SKIPPED"}


def test_what_failed_is_kept_where_there_is_too_much(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding
) -> None:
    """Of 10,000 findings as many cases are written as CodeBuild keeps, every failure among them."""
    quiet = [make_finding(facet=f"f{i}", crossed=False, metric="KL") for i in range(9_900)]
    loud = [make_finding(facet=f"g{i}") for i in range(100)]
    text = render(make_input(verdict=make_verdict(findings=(*quiet, *loud))), "junit")

    suites = parsed(text)
    assert sum(map(len, suites.values())) == MOST_CASES
    assert list(suites["ModelBias"].values()).count("FAILED") == 100
    assert "ModelBias reported" in suites["ModelBias"]
    assert re.search(r"9,\d\d\d more test cases are left out; the verdict has all of them", text)


def test_names_that_are_markup_stay_names(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding
) -> None:
    """Markup, quotes, control characters and lone surrogates are written so that a reader gets text."""
    name = ']]><testcase name="x"/> & \'\x00\ud800\ufffe\n  end'
    finding = make_finding(metric=name, facet=name, message=name, rule=name)
    made = make_input(
        verdict=make_verdict(model=name, findings=(finding,), not_checked=(NotChecked(name, name),)),
        steps=[step(name, reason=name)],
    )

    suites = parsed(render(made, "junit"))
    assert set(suites) == {"Verdict", "ModelBias", "Not checked"}
    assert len(suites["ModelBias"]) == 2
    (told,) = suites["Not checked"]
    assert told.startswith(']]><testcase name="x"/> & \'')


def test_a_finding_without_a_value_is_skipped(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding
) -> None:
    """What could not be measured has not passed."""
    finding = replace(make_finding(), value=None, crossed=False, message="empty facet")
    suites: dict[str, Any] = parsed(render(make_input(verdict=make_verdict(findings=(finding,))), "junit"))

    assert suites["ModelBias"]["DPPL, black = 1"] == "SKIPPED"
