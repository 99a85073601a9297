"""What doctor says of batches, labels and baseline data that were broken on purpose."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put
from sagemaker_monitor.operations.doctor import baseline, batch, cells, labels, order, people
from sagemaker_monitor.operations.doctor.distribution import Distribution
from sagemaker_monitor.operations.doctor.examine import examine
from sagemaker_monitor.operations.doctor.finding import Finding
from sagemaker_monitor.operations.doctor.order import mistaken, shifted
from sagemaker_monitor.operations.doctor.rows import Source, sample
from sagemaker_monitor.settings import Model
from tests.operations.doctor.looking import edit, subject

Rows = list[list[str]]


def rows_of(model: Model, count: int = 400, *, seed: int = 1) -> Rows:
    """Rows of a batch: each feature around a place of its own, in tenths; facets of 0 and 1; no label."""
    draw = random.Random(seed)
    schema = model.data_schema
    return [
        [
            f"K{seed}-{number}",
            *(f"{draw.gauss(100 * place, 10):.1f}" for place, _ in enumerate(schema.features, 1)),
            *("01"[draw.random() < 0.5] for _ in schema.facet_columns),
        ]
        for number in range(count)
    ]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Rows], str]:
    """Writes rows to a file and returns its name."""

    def write(rows: Rows, name: str = "batch.csv") -> str:
        with (tmp_path / name).open("w", newline="") as stream:
            csv.writer(stream).writerows(rows)
        return str(tmp_path / name)

    return write


@pytest.fixture
def with_baseline(aws: Aws, model: Model) -> None:
    """Baseline data where the configuration has them."""
    text = "".join(f"{','.join(row)},{number % 2}\n" for number, row in enumerate(rows_of(model, seed=0)))
    put(aws, aws.environment.storage.resolve(model.data.baseline), text.encode())


CHECKS = (
    batch.exists,
    batch.columns,
    cells.types,
    order.order,
    batch.keys,
    people.facets,
)


def wrong(conf: Path, data: str) -> list[Finding]:
    """Return what is no "ok" of a batch."""
    seen = subject(conf, data)
    return [found for check in CHECKS for found in check(seen) if found.status != "ok"]


def test_a_batch_as_it_has_to_be(
    with_baseline: None, conf: Path, model: Model, write: Callable[..., str]
) -> None:
    """Nothing is wrong with it, with and without its label."""
    rows = rows_of(model)

    assert wrong(conf, write(rows)) == []
    assert wrong(conf, write([[*row, "1"] for row in rows])) == []


def swapped(rows: Rows) -> Rows:
    return [[row[0], row[2], row[1], *row[3:]] for row in rows]


def moved(rows: Rows) -> Rows:
    return [[str(number), *row] for number, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (swapped, ["appinc and loanamt look swapped: each holds what the other has"]),
        (
            moved,
            [
                "% of its values are not Fractional",
                "shifted by one place: appinc holds loanamt",
                "black: no row is 1",
            ],
        ),
        (lambda rows: [row[:-1] for row in rows], ["line 1 has 16 cells; expected 17 or 18"]),
        (lambda rows: [row[1:] for row in rows], ["line 1 has 16 cells; expected 17 or 18"]),
        (lambda rows: [*rows[:7], [*rows[7], "1"], *rows[8:]], ["some rows have a label and some have none"]),
        (lambda rows: rows + rows[:3], ["3 rows repeat the application_id"]),
        (lambda rows: [["", *row[1:]] for row in rows[:9]] + rows[9:], ["9 rows have no application_id"]),
        (
            lambda rows: [[*row[:5], "12", *row[6:]] for row in rows],
            ["loanprc (100.0% of its values are not"],
        ),
        (lambda rows: rows[:250], ["250 rows, and the policy wants 300: the verdict would be inconclusive"]),
        (
            lambda rows: [[*row[:13], "no", *row[14:]] for row in rows],
            ["black: no row is 1; the column has 1 other values"],
        ),
        (
            lambda rows: [[*row[:13], "01"[number < 3], *row[14:]] for number, row in enumerate(rows)],
            ["black: 3 rows in the group and 397 outside; the policy wants 20 of each"],
        ),
    ],
    ids=[
        "swapped",
        "moved",
        "narrow",
        "keyless",
        "mixed",
        "twice",
        "empty keys",
        "types",
        "few",
        "absent",
        "small",
    ],
)
def test_a_batch_that_was_broken(
    with_baseline: None,
    conf: Path,
    model: Model,
    write: Callable[..., str],
    change: Callable[[Rows], Rows],
    said: list[str],
) -> None:
    """Each fault is a problem of the configuration's side, with a fix, and no other finding comes of it."""
    found = wrong(conf, write(change(rows_of(model))))

    assert [text in each.seen for text, each in zip(said, found, strict=True)] == [True] * len(said)
    assert {(each.status, each.side, bool(each.fix)) for each in found} == {
        ("problem", "configuration", True)
    }


def test_a_header(with_baseline: None, conf: Path, model: Model, write: Callable[..., str]) -> None:
    """It is told of the columns alone, and names no more than where it stands."""
    rows = [list(model.data_schema.columns[:-1]), *rows_of(model)]

    (found,) = wrong(conf, write(rows))

    assert found.seen.startswith(f"{write(rows)} line 1 holds the column names")


def test_no_value_of_a_record_is_told(
    with_baseline: None, conf: Path, model: Model, write: Callable[..., str]
) -> None:
    """Findings about wrong cells say how many and where."""
    rows = [[*row[:1], "secret", *row[2:13], "secret", *row[14:]] for row in rows_of(model)]

    found = wrong(conf, write(rows))

    assert len(found) == 2
    assert not any("secret" in each.seen + each.fix for each in found)


def test_objects_that_are_no_data_below_a_prefix(aws: Aws, conf: Path, model: Model) -> None:
    """Batch transform scores whatever lies there, so that it is a problem."""
    root = f"{aws.environment.storage.root}/elsewhere/"
    text = "".join(f"{','.join(row)}\n" for row in rows_of(model)).encode()
    for name, content in (("part-0.csv", text), ("_SUCCESS", b"done\n"), ("empty", b"")):
        put(aws, f"{root}{name}", content)

    hidden, there = batch.exists(subject(conf, root))

    assert (hidden.status, f"also {root}_SUCCESS" in hidden.seen) == ("problem", True)
    assert there.seen.startswith(f"{root}: 2 files")


def test_a_batch_that_is_not_there(aws: Aws, conf: Path) -> None:
    """One that was named is a problem, the configured prefix without a batch a warning."""
    (configured,) = batch.exists(subject(conf))
    (named,) = batch.exists(subject(conf, f"{aws.environment.storage.root}/nowhere.csv"))

    assert (configured.status, named.status) == ("warning", "problem")
    assert f"{conf}/models/mortgage.yaml:28" in configured.seen


@pytest.mark.parametrize("name", ["none.csv", "s3://no-such-bucket/batch.csv", "s3://"])
def test_a_batch_that_cannot_be_named(
    aws: Aws, conf: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told once, as a problem of whoever named it."""
    monkeypatch.chdir(conf)
    seen = subject(conf, name)

    found = [each for each in examine(seen.context, [seen]) if "--input" in each.seen]

    assert [(each.check, each.status, each.side) for each in found] == [("batch", "problem", "configuration")]


def test_a_batch_in_another_region(aws: Aws, conf: Path) -> None:
    """SageMaker would not find it."""
    aws.call("s3", "create_bucket", Bucket="far-away")
    put(aws, "s3://far-away/batch.csv", b"1\n")

    found, _ = batch.exists(subject(conf, "s3://far-away/batch.csv"))

    assert (found.status, "far-away is in us-east-1" in found.seen) == ("problem", True)


@pytest.mark.parametrize(
    ("line", "share", "fix"),
    [
        ("{key},1", "100.0%", ""),
        ("other-{key},1", "0.0%", "are these the labels of this batch?"),
        ("{number}.0,1", "0.0%", "as numbers 400 keys agree, as text none does"),
    ],
)
def test_labels(
    aws: Aws, conf: Path, model: Model, write: Callable[..., str], line: str, share: str, fix: str
) -> None:
    """Of this batch, of other records, and with keys that are the same numbers and other texts."""
    rows = rows_of(model)
    if "{number}" in line:
        rows = [[str(number), *row[1:]] for number, row in enumerate(rows)]
    text = [line.format(key=row[0], number=number).split(",") for number, row in enumerate(rows)]

    (found,) = labels.overlap(subject(conf, write(rows), write(text, "labels.csv")))

    assert found.seen.startswith(f"{share} of the rows have a label in ")
    assert fix in found.fix
    assert found.status == ("problem" if fix else "ok")


def test_labels_that_are_no_labels(aws: Aws, conf: Path, model: Model, write: Callable[..., str]) -> None:
    """What the join would break with is told in its words; a prefix without labels is told as missing."""
    rows = rows_of(model)
    three = write([[row[0], "1", "2", "3"] for row in rows], "three.csv")

    (broken,) = labels.overlap(subject(conf, write(rows), three))
    (missing,) = labels.overlap(subject(conf, write(rows)))

    assert (broken.status, "has 4 columns; expected application_id and approve" in broken.seen) == (
        "problem",
        True,
    )
    assert (missing.status, "labels-missing" in missing.seen) == ("warning", True)


def test_baseline_data(aws: Aws, conf: Path, model: Model) -> None:
    """Missing, then without the label, then with it."""
    uri = aws.environment.storage.resolve(model.data.baseline)
    (missing,) = baseline.columns(subject(conf))
    put(aws, uri, "".join(f"{','.join(row)}\n" for row in rows_of(model)).encode())
    (unlabelled,) = baseline.columns(subject(conf))
    put(aws, uri, "".join(f"{','.join(row)},1\n" for row in rows_of(model)).encode())
    fine = [found.status for found in baseline.columns(subject(conf))]

    assert missing.status == "warning"
    assert "has 17 cells; expected 18" in unlabelled.seen
    assert fine == ["ok", "ok"]


def test_cells_may_hold_what_only_python_takes_for_the_end_of_a_line(tmp_path: Path) -> None:
    """A line separator of Unicode is a character of the cell; blank lines alone are no rows."""
    (tmp_path / "data").write_text("1,a\u2028b\n2,c\x0cd\r\n")
    text = (tmp_path / "data").read_bytes()

    found = sample([Source("data", len(text), lambda start, count: text[start : start + count])])

    assert [row[0] for row in found.rows] == ["1", "2"]


def test_a_batch_of_blank_lines(aws: Aws, conf: Path, tmp_path: Path) -> None:
    """It has no rows, which is told."""
    (tmp_path / "data").write_text("\n\n")

    (found,) = batch.columns(subject(conf, str(tmp_path / "data")))

    assert (found.status, found.seen) == ("problem", "there are no rows, only blank lines")


def test_a_large_batch_is_read_in_pieces(model: Model) -> None:
    """Of 200 MB as much is read as may be, from the beginning to the end, and no row is cut in two."""
    line = b"%09d,abcdefgh\n"
    length, size = len(line % 0), 200_000_000
    read: list[tuple[int, int]] = []

    def content(start: int, count: int) -> bytes:
        read.append((start, count))
        first = start // length
        text = b"".join(line % number for number in range(first, (start + count) // length + 1))
        return text[start - first * length :][: min(count, size - start)]

    found = sample([Source("large.csv", size - size % length, content)], 1 << 18)

    assert sum(count for _, count in read) <= 1 << 18
    assert (read[0][0], read[-1][0] + read[-1][1]) == (0, size - size % length)
    assert {len(cell) for row in found.rows for cell in row} == {9, 8}
    assert abs(found.estimated - size / length) < size / length / 1000
    assert str(found).startswith("a sample of ")


def test_many_objects_are_sampled() -> None:
    """Of 10,000 objects some are read, the first and the last among them."""
    names = []

    def source(number: int) -> Source:
        def read(_: int, count: int) -> bytes:
            names.append(number)
            return b"1,2\n"[:count]

        return Source(f"part-{number}", 4, read)

    found = sample([source(number) for number in range(10_000)])

    assert (len(names), names[0], names[-1]) == (32, 0, 9_999)
    assert found.about(8) == "about 2,500"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PAR1\x00\x00", "is no text"),
        (b"\x1f\x8b\x08", "is no text"),
        (b"a,b\n\xff\xfe,1\n", "is not UTF-8"),
        (b'a,"b\n', "is not CSV"),
    ],
)
def test_what_is_no_csv(conf: Path, aws: Aws, tmp_path: Path, content: bytes, said: str) -> None:
    """An archive, a workbook, another encoding, and a quote that is never closed."""
    (tmp_path / "data").write_bytes(content)

    (found,) = batch.columns(subject(conf, str(tmp_path / "data")))

    assert (found.status, said in found.seen) == ("problem", True)


def test_distances_are_those_of_kolmogorov_and_smirnov() -> None:
    """Of numbers as scipy computes them; of texts half of the differences of shares."""
    from scipy.stats import ks_2samp

    draw = random.Random(3)
    one = [round(draw.gauss(0, 1), 1) for _ in range(300)]
    other = [round(draw.gauss(0.4, 1.2), 1) for _ in range(200)]

    def distance(first: list[str], second: list[str]) -> float:
        return Distribution.of(first).distance(Distribution.of(second))

    assert distance([str(x) for x in one], [str(x) for x in other]) == pytest.approx(
        ks_2samp(one, other).statistic, abs=1e-12
    )
    assert distance(["a", "a", "b"], ["a", "c", "c"]) == pytest.approx(2 / 3)
    assert (
        distance(["1", "2"], ["a", "b"]) == distance(["nan", "1"], ["1", "2"]) == distance([], ["1"]) == 1.0
    )


def test_drift_is_no_swap() -> None:
    """A column that moved to where no other is, and columns that look alike, are not taken for others."""
    draw = random.Random(5)
    column = {name: [str(draw.gauss(mean, 1)) for _ in range(200)] for name, mean in (("a", 0), ("b", 50))}
    far = {**column, "a": [str(draw.gauss(20, 1)) for _ in range(200)]}

    assert mistaken(far, column) == {}
    assert mistaken({"a": column["b"], "b": column["a"]}, column) == {"a": "b", "b": "a"}
    assert shifted({"b": "a", "c": "b", "d": "c"}, ("a", "b", "c", "d")) == {"b": "a", "c": "b", "d": "c"}
    assert shifted({"a": "b", "b": "a"}, ("a", "b", "c")) == {}


def test_too_few_rows_may_be_a_warning(
    with_baseline: None, conf: Path, model: Model, write: Callable[..., str]
) -> None:
    """Where the policy says that they warn."""
    edit(conf, "when_too_few: inconclusive", "when_too_few: warn", "models/mortgage.yaml")

    found, _ = people.facets(subject(conf, write(rows_of(model, 250))))

    assert (found.status, "the verdict would warn" in found.seen) == ("warning", True)
