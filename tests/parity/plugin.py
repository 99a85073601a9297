"""The fixture `parity`: a test compares with a recorded run through it, and so stands in docs/parity.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.parity import comparing, page
from tests.parity.cases import CASES
from tests.parity.page import Row

_ROWS = pytest.StashKey[list[Row]]()
_PASSED = pytest.StashKey[bool]()
_RAN = pytest.StashKey[set[tuple[str, str]]]()


@dataclass
class Parity:
    """Compares with recorded cases; each comparison asserts, and becomes a row of the page."""

    path: str
    test: str
    rows: list[Row] = field(default_factory=list)

    def equal(
        self, case: str, what: str, expected: Any, actual: Any, *, ordered: bool = False, note: str = ""
    ) -> None:
        """Assert that two documents or texts are equal; with *ordered*, keys in the same order too."""
        found = comparing.equal(expected, actual, ordered=ordered).require()
        self.add(case, what, values=found.values, agreement=found.words, tolerance="none", note=note)

    def close(
        self,
        case: str,
        what: str,
        expected: Any,
        actual: Any,
        *,
        tolerance: float,
        ordered: bool = False,
        in_texts: bool = False,
        note: str = "",
    ) -> None:
        """Assert that documents are equal but for fractions, which may differ by *tolerance* (absolute).

        With *in_texts*, fractions inside of texts are compared as numbers too.
        """
        found = comparing.close(
            expected, actual, tolerance=tolerance, ordered=ordered, in_texts=in_texts
        ).require()
        self.add(
            case, what, values=found.values, agreement=found.words, tolerance=f"{tolerance:g}", note=note
        )

    def printed(
        self, case: str, what: str, expected: Any, actual: Any, *, cut: bool = False, note: str = ""
    ) -> None:
        """Assert that numbers are those of a log that shows fewer digits: rounded there, or *cut*."""
        found = comparing.printed(expected, actual, cut=cut).require()
        self.add(case, what, values=found.values, agreement="all printed digits", tolerance="none", note=note)

    def add(
        self, case: str, what: str, *, values: str, agreement: str, tolerance: str, note: str = ""
    ) -> None:
        """Record a comparison that the test made itself, by assertions of its own."""
        assert case in CASES, f"no recorded case {case!r}; tests/parity/cases.py has {', '.join(CASES)}"
        self.rows.append(Row(case, what, values, agreement, tolerance, note, self.path, self.test))


@pytest.fixture
def parity(request: pytest.FixtureRequest, recorded_data: Path) -> Iterator[Parity]:
    """Comparisons with recorded runs; afterwards the test fails if the page does not have these very rows."""
    name = getattr(request.node, "originalname", request.node.name)
    done = Parity(request.node.nodeid.split("::")[0], name)
    yield done
    if not request.node.stash.get(_PASSED, False):
        return
    assert done.rows, "a test that takes the fixture parity makes a comparison with it"
    config = request.config
    if config.getoption("--update-parity"):
        config.stash[_ROWS].extend(done.rows)
        config.stash[_RAN].add((done.path, done.test))
        return
    committed = {row.line() for row in page.committed() if row.owner == (done.path, done.test)}
    recorded = {row.line() for row in done.rows}
    # One of several parameter sets does not record all of its test's rows.
    gone = set() if hasattr(request.node, "callspec") else committed - recorded
    assert not (recorded - committed) | gone, (
        "docs/parity.md is stale; run `make parity`.\nNot on the page:\n"
        + "".join(sorted(recorded - committed))
        + "On the page and no longer recorded:\n"
        + "".join(sorted(gone))
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-parity", action="store_true", help="run the tests of docs/parity.md and renew their rows"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_ROWS], config.stash[_RAN] = [], set()
    if config.getoption("--update-parity") and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("--update-parity writes one page from one process: leave -n out")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--update-parity"):
        kept = [each for each in items if "parity" in getattr(each, "fixturenames", ())]
        config.hook.pytest_deselected(items=[each for each in items if each not in kept])
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    if not config.getoption("--update-parity") or exitstatus or not config.stash[_RAN]:
        return
    kept = [row for row in page.committed() if row.owner not in config.stash[_RAN] and recorder(row)]
    page.PAGE.write_text(page.render([*kept, *config.stash[_ROWS]]), encoding="utf-8")


def recorder(row: Row) -> bool:
    """Return whether the test of *row* is still there and takes the fixture."""
    file = page.PAGE.parents[1] / row.path
    if not file.is_file():
        return False
    _, found, rest = file.read_text(encoding="utf-8").partition(f"def {row.test}(")
    return bool(found) and "parity" in rest.partition(") ->")[0]
