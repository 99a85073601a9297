"""How test suites are written as JUnit XML.

Fits the schema of Apache Ant's JUnit task and the one that Jenkins reads, which agree where this stays:
no attribute on testsuites, every attribute that Ant requires on testsuite, its children in Ant's order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree

from sagemaker_monitor.reports.wording import text

PASSED, FAILURE, ERROR, SKIPPED = "passed", "failure", "error", "skipped"
# What XML 1.0 cannot hold even escaped, surrogates included.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Case:
    """One test case; *kind* and *message* tell an outcome that is not a pass, *words* more of it."""

    name: str
    outcome: str = PASSED
    kind: str = ""
    message: str = ""
    words: str = ""


@dataclass(frozen=True)
class Suite:
    """One test suite; *said* is its standard output."""

    name: str
    cases: tuple[Case, ...]
    seconds: float = 0.0
    said: tuple[str, ...] = ()


def write_suites(
    suites: Iterable[Suite], *, package: str, started: datetime, properties: Mapping[str, str]
) -> str:
    """Return the document, which ends with a newline; every suite of *package* has the *properties*."""
    root = ElementTree.Element("testsuites")
    for place, suite in enumerate(suites):
        common = {
            "id": str(place),
            "package": _token(package),
            # Ant's schema allows no time zone; it is UTC.
            "timestamp": started.strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": "localhost",
        }
        _add_suite(root, suite, common, properties)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _add_suite(
    root: ElementTree.Element, suite: Suite, attributes: Mapping[str, str], properties: Mapping[str, str]
) -> None:
    outcomes = [case.outcome for case in suite.cases]
    element = ElementTree.SubElement(
        root,
        "testsuite",
        {
            "name": _token(suite.name),
            "tests": str(len(outcomes)),
            "failures": str(outcomes.count(FAILURE)),
            "errors": str(outcomes.count(ERROR)),
            "skipped": str(outcomes.count(SKIPPED)),
            "time": f"{suite.seconds:.3f}",
            **attributes,
        },
    )
    listed = ElementTree.SubElement(element, "properties")
    for name, value in properties.items():
        ElementTree.SubElement(listed, "property", {"name": name, "value": _writable(value)})
    classname = ".".join(filter(None, (attributes["package"], _token(suite.name))))
    for case in suite.cases:
        _add_case(element, case, classname)
    ElementTree.SubElement(element, "system-out").text = _writable("\n".join(suite.said))
    ElementTree.SubElement(element, "system-err")


def _add_case(suite: ElementTree.Element, case: Case, classname: str) -> None:
    name = {"name": _token(case.name), "classname": classname, "time": "0"}
    element = ElementTree.SubElement(suite, "testcase", name)
    if case.outcome == PASSED:
        return
    kind = {} if case.outcome == SKIPPED else {"type": _writable(case.kind)}
    told = ElementTree.SubElement(element, case.outcome, {"message": _writable(case.message), **kind})
    told.text = _writable(case.words) or None


def _token(words: str) -> str:
    """Return *words* as an XML token, never empty: some readers drop cases without a name."""
    return _writable(text(words, 300)) or "-"


def _writable(words: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", words)
