"""The report of a Clarify job: self-contained, escaped, complete, and small."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.analysis.bias.meanings import MEANINGS
from sagemaker_monitor.analysis.bias.metrics import POST_TRAINING, PRE_TRAINING
from sagemaker_monitor.analysis.bias.report import names_of
from sagemaker_monitor.analysis.container.page.bias import reading
from sagemaker_monitor.analysis.container.page.document import Subject, page
from sagemaker_monitor.analysis.documents.analysis import Analysis, BiasSection, FacetResult, MetricResult

from .conftest import Container
from .test_clarify import CSV, config

CONFIG: dict[str, Any] = {
    "dataset_type": "text/csv",
    "label": "approve",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "sex", "value_or_threshold": [1]}],
    "methods": {"shap": {"baseline": [[4711, 2]], "num_samples": 100, "use_logit": False}},
    "predictor": {"model_name": "mortgage"},
}
SUBJECT = Subject(1200, 3, ["batch.csv"], CONFIG)
VOID = frozenset({"meta"})


class Reader(HTMLParser):
    """What a page is made of; fails when an element is not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words of the page."""
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element *tag*."""
        return [attributes for name, attributes in self.tags if name == tag]


def analysis(*groups: str, label: str = "approve", facet: str = "sex", **values: float | None) -> Analysis:
    """Return an analysis after training with these metrics' values for every group."""
    metrics = tuple(MetricResult(name, name, value, None) for name, value in values.items())
    results = tuple(FacetResult(group, metrics) for group in groups or ("1",))
    return Analysis(post_training=BiasSection(label, {facet: results}, "1"))


def test_the_page_needs_nothing_else() -> None:
    """No element or style that loads something, and a policy that forbids it."""
    html = page("Report", SUBJECT, analysis(DI=0.9), [("label0", {"age": 0.1}, 0.2)])
    read = Reader(html)

    assert not {name for name, _ in read.tags} & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not [each for _, each in read.tags if each.keys() & {"src", "srcset", "style", "data", "onload"}]
    assert "url(" not in html
    assert "@import" not in html
    assert all((each["href"] or "").startswith("#") for each in read.all("a"))
    policy = [each["content"] for each in read.all("meta") if each.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_every_link_leads_somewhere_and_ids_are_unique() -> None:
    """Contents and metrics can be reached from the keyboard."""
    both = analysis("0", "1", DI=0.9)
    both = Analysis(post_training=both.post_training, pre_training=both.post_training)
    read = Reader(page("Report", SUBJECT, both, [("a", {"age": 0.1}, 0.2), ("b", {"age": 0.1}, 0.2)]))

    ids = [each["id"] for _, each in read.tags if "id" in each]
    assert len(ids) == len(set(ids))
    assert {(each["href"] or "")[1:] for each in read.all("a")} <= set(ids)
    labels = {each["aria-labelledby"] for _, each in read.tags if "aria-labelledby" in each}
    assert labels <= set(ids)


@given(st.text())
def test_whatever_data_says_stays_text(name: str) -> None:
    """Names, groups, files, errors and titles of any characters make no element."""
    metrics = (MetricResult(name, name, None, name), MetricResult("DI", name, 0.5))
    section = BiasSection(name, {name: (FacetResult(name, metrics),)}, name)
    odd: dict[str, Any] = {
        **CONFIG,
        "label": name,
        "methods": {name: {name: name}},
        "excluded_columns": [name],
    }
    read = Reader(page(name, Subject(1, 1, [name], odd), Analysis(section), [(name, {name: 0.1}, 0.2)]))
    plain = Reader(page("x", Subject(1, 1, ["x"], odd), analysis("x", label="x", facet="x", Y=None, DI=0.5)))

    assert {tag for tag, _ in read.tags} <= {tag for tag, _ in plain.tags} | {"caption"}


def test_a_script_in_a_column_name_is_shown_as_it_is_spelled() -> None:
    """The reader sees the name, the browser runs nothing."""
    html = page("Report", SUBJECT, analysis(facet="<script>alert(1)</script>", DI=0.5))

    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;: 1" in html


def test_half_a_surrogate_pair_does_not_stop_the_report() -> None:
    """JSON can hold what UTF-8 cannot; the page can be written all the same."""
    html = page("Report", SUBJECT, analysis(facet="\ud800", DI=0.5))

    assert "?: 1" in html
    html.encode("utf-8")


def test_what_was_analysed_is_told_and_no_row() -> None:
    """Rows, columns, file, label, facet, model and method; of a SHAP baseline only how many rows it has."""
    text = Reader(page("Loans <2026>", SUBJECT, analysis(DI=0.9))).text

    assert "Loans <2026>" in text
    assert "1,200 rows and 3 columns of batch.csv" in text
    assert "Label approve" in text
    assert "Facets sex (1)" in text
    assert "Model mortgage" in text
    assert "Method shap baseline: 1 row; num_samples: 100; use_logit: false" in text
    assert "4711" not in text


def test_many_files_are_counted() -> None:
    """Twelve are named, the rest counted."""
    text = Reader(page("R", Subject(1, 1, [f"{n}.csv" for n in range(15)], {}), analysis(DI=1.0))).text

    assert "1 row and 1 column of 15 files" in text
    assert "11.csv and 3 more" in text


def test_values_infinities_errors_and_nothing_are_told_apart() -> None:
    """Four digits to read and all digits in the value; a metric without a value says why."""
    metrics = (
        MetricResult("AD", "", 0.03416521605801226),
        MetricResult("TE", "", math.inf),
        MetricResult("RD", "", -math.inf),
        MetricResult("CDDPL", "", None, "Group variable is empty or not provided"),
        MetricResult("SD", "", None),
        MetricResult("GE", "", 0.00001234),
    )
    html = page("R", SUBJECT, Analysis(BiasSection("y", {"sex": (FacetResult("1", metrics),)}, "1")))

    assert '<data value="0.03416521605801226" title="0.03416521605801226">0.0342</data>' in html
    assert '<span title="infinite">∞</span>' in html
    assert '<span title="infinite">−∞</span>' in html
    assert "not computed: Group variable is empty or not provided</td>" in html
    assert "not computed</td>" in html
    assert ">1.234e−05</data>" in html


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DPL", 0.2, "against the group"),
        ("DPL", -0.2, "for the group"),
        ("DPL", 1e-17, "no difference"),
        ("DI", 0.5, "against the group"),
        ("DI", 1.5, "for the group"),
        ("DI", 1.0, "no difference"),
        ("FT", -0.1, "against the group"),
        ("KL", 0.3, "no direction"),
        ("TE", math.inf, "against the group"),
        ("NEW", 0.3, ""),
    ],
)
def test_a_reading_says_which_way_a_value_points(name: str, value: float, words: str) -> None:
    """From each metric's neutral value and the side that hurts the group."""
    assert reading(name, value)[0] == words


def test_every_metric_that_clarify_computes_has_a_meaning_on_the_page() -> None:
    """Nobody has to look an acronym up."""
    names = (*names_of(PRE_TRAINING), *names_of(POST_TRAINING))
    text = Reader(page("R", SUBJECT, analysis(**dict.fromkeys(names, 0.1)))).text

    assert len(names) == 21
    for name in names:
        assert f"{name} {MEANINGS[name].name}: {MEANINGS[name].words}." in text


def test_explanations_are_ranked_by_size_for_each_label() -> None:
    """Bars are longest first, negative ones to the left; the expected value stands above."""
    values = {"age": 0.1, "income": -0.4, "sex": 0.2}
    html = page("R", SUBJECT, Analysis(), [("yes", values, 0.25), ("no", {"age": 0.3}, 0.75)])
    read = Reader(html)

    order = [read.text.index(each) for each in ("income −0.4", "sex 0.2", "age 0.1", "age 0.3")]
    assert order == sorted(order)
    assert "Label yes Expected value, the model's mean answer to the baseline: 0.2500" in read.text
    widths = [(each["x"], each["width"]) for each in read.all("rect")]
    assert widths == [("0", "50"), ("50", "25"), ("50", "12.5"), ("0", "100")]
    assert "What the metrics say" not in read.text


def test_a_label_without_an_expected_value_says_so() -> None:
    """What was not a number in the document is no number here, and the label is shown all the same."""
    read = Reader(page("R", SUBJECT, Analysis(), [("yes", {"age": 0.1}, None)]))

    assert "answer to the baseline: not computed" in read.text
    assert "age 0.1000" in read.text


def test_tables_are_told_to_screen_readers() -> None:
    """Headers have a scope, bars are hidden, the page has a language and landmarks."""
    read = Reader(page("R", SUBJECT, analysis(DI=0.9), [("label0", {"age": 0.1}, 0.2)]))

    assert read.all("html") == [{"lang": "en"}]
    assert {"header", "nav", "main", "footer"} <= {tag for tag, _ in read.tags}
    assert all(each.get("scope") or each.get("aria-hidden") == "true" for each in read.all("th"))
    assert all(each.get("aria-hidden") == "true" for each in read.all("svg"))
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch(r"h\d", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_300_features_and_50_facets_stay_below_two_megabytes() -> None:
    """Each facet with two groups, all metrics before and after training."""

    def section(stage: str) -> BiasSection:
        metrics = tuple(MetricResult(name, name, -0.123456789012345) for name in names_of(stage))
        results = FacetResult("group 0", metrics), FacetResult("group 1", metrics)
        return BiasSection("approve", {f"a facet with a long name {n}": results for n in range(50)}, "1")

    values = {f"a feature with a long name {place}": 0.1 / (place + 1) for place in range(300)}
    both = Analysis(section(POST_TRAINING), section(PRE_TRAINING))

    html = page("R", SUBJECT, both, [("label0", values, 0.1)])

    assert html.count("<tr>") > 2 * 50 * 21 + 300
    assert len(html.encode()) < 2_000_000


def test_ten_thousand_groups_stay_one_page_and_hide_no_other_facet() -> None:
    """Of each facet the first hundred are shown; how many there are, and where they stand, is said."""
    metrics = (MetricResult("CI", "Class Imbalance (CI)", 0.5),)
    many = tuple(FacetResult(f"c{place}", metrics) for place in range(10_000))
    section = BiasSection("approve", {"city": many, "sex": many[:2]}, "1")

    html = page("R", SUBJECT, Analysis(None, section), [])
    read = Reader(html)

    assert len(html.encode()) < 200_000
    assert "city has 10,000 groups: the first 100 are here, all in analysis.json." in read.text
    assert "city: c99 " in read.text
    assert "city: c100 " not in read.text
    assert "sex: c1 " in read.text


def test_a_job_writes_the_report_under_the_name_and_title_of_its_configuration(
    container: Container,
) -> None:
    """The file is there when the configuration asks for it, with the job's own numbers."""
    asked = config(
        methods={"pre_training_bias": {"methods": "all"}, "report": {"name": "mine", "title": "T & T"}}
    )

    done = container.add("part/d.csv", CSV).run(asked)

    read = Reader((done.output / "mine.html").read_text())
    assert "T & T 120 rows and 5 columns of part/d.csv" in read.text
    assert "Kept from the model sex" in read.text
    value = done.document("analysis.json")["pre_training_bias_metrics"]["facets"]["sex"][0]["metrics"][1]
    assert {"value": repr(value["value"]), "title": repr(value["value"])} in read.all("data")
