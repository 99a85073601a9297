"""Which work is raced: this project first, then its peers, then the floor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.speed import data, prepared
from benchmarks.speed.aims import FLOOR, Aim
from benchmarks.speed.environments import HOME, PEERS, python_of
from benchmarks.speed.harness import Contestant, aside, script

OURS = "sagemaker-monitor"
ROWS_OF_SIZE = "{rows}"
HERE = "here"
"""The environment of this project, for contestants that need no package besides."""


@dataclass(frozen=True)
class Against:
    """A peer: its program, the environment that it runs in, and whether it is too slow for many rounds."""

    peer: str
    program: str
    label: str = ""
    once: bool = False
    limit: float | None = None
    compared_apart: bool = False

    @property
    def name(self) -> str:
        """Return what the page calls it."""
        return self.label or self.peer


@dataclass(frozen=True)
class Piece:
    """A piece of work: its title, the file it reads, and what each contestant is given besides."""

    name: str
    title: str
    words: str
    make: Callable[[Path, int], Path]
    rows: Mapping[str, int]
    ours: str
    against: tuple[Against, ...]
    arguments: tuple[str, ...] = ()
    floor: str = "parse_columns.py"
    floor_arguments: tuple[str, ...] = ()
    file: str = ""
    """The file in the folder that is made, where it is one; the folder is then the first argument after."""
    tolerance: float = 1e-9
    aims: tuple[Aim, ...] = ()
    few: int = 1_000
    """Rows that are hardly any work."""

    def contestants(self, size: str) -> tuple[list[Contestant], dict[str, str]]:
        """Return who takes part, and why the others do not, by name."""
        many, few = self._given(self.rows[size]), self._given(self.few)
        commands = [(sys.executable, script(self.ours), *each.arguments) for each in (many, few)]
        found = [Contestant(OURS, commands[0], start=commands[1])]
        absent: dict[str, str] = {}
        for each in self.against:
            python = sys.executable if each.peer == HERE else python_of(PEERS[each.peer])
            if isinstance(python, str) and each.peer != HERE:
                absent[each.name] = python
                continue
            commands = [(str(python), script(each.program), *given.arguments) for given in (many, few)]
            found.append(
                Contestant(
                    each.name,
                    commands[0],
                    once=each.once,
                    compared_apart=each.compared_apart,
                    limit=each.limit,
                    start=commands[1],
                )
            )
        commands = [(sys.executable, script(self.floor), *each.of_floor) for each in (many, few)]
        found.append(Contestant(FLOOR, commands[0], is_floor=True, start=commands[1]))
        return found, absent

    def _given(self, rows: int) -> _Given:
        made = aside(self.make, HOME / "data", rows)
        given = (str(made / self.file), str(made)) if self.file else (str(made),)
        arguments, of_floor = (
            tuple(str(rows) if each == ROWS_OF_SIZE else each for each in given_to)
            for given_to in (self.arguments, self.floor_arguments)
        )
        return _Given((*given, *arguments), (given[0], *of_floor))


@dataclass(frozen=True)
class _Given:
    """What contestants get after the name of their program, for so many rows."""

    arguments: tuple[str, ...]
    of_floor: tuple[str, ...]


ROWS = {"small": 100_000, "large": 1_000_000}
FEW_ROWS = {"small": 20_000, "large": 100_000}
TWELVE, FIFTEEN = (tuple(f"facet_{n}" for n in range(count)) for count in (12, 15))
GROUP = "group"
BESIDE = (GROUP, "label", "predicted")
"""What is read beside facets."""
BIAS = "The floor is a process that parses the columns that are needed and does nothing with them."
FEW = (
    " At this size most of our CPU is start: of 0.4 s, Python and polars are the floor's 0.3, numpy 0.06, "
    "this project's modules 0.02. Beyond it are a few hundredths for reading, and one or two thousandths a "
    "facet."
)


def _shap(
    name: str,
    title: str,
    kind: str,
    rows: int,
    baseline: int,
    samples: int,
    *,
    once: bool,
    aims: tuple[Aim, ...] = (),
) -> Piece:
    counts = {"small": rows // 10, "large": rows}
    arguments = (kind, ROWS_OF_SIZE, str(baseline), str(samples))
    return Piece(
        name,
        title,
        "In one process with the model. Coalitions are drawn, so answers agree in the expected value and in "
        "that attributions add up to the model's output; that they are Shapley values where all coalitions "
        "are evaluated is tested against shap elsewhere. The floor calls the model for as many rows. Of our "
        "CPU beside start and calls, a third makes synthetic rows, a third solves a regression for each row, "
        "a fifth draws coalitions.",
        prepared.models,
        counts,
        "ours_shap.py",
        (Against("shap", "shap_kernel.py", once=once, limit=300),),
        arguments,
        floor="model_calls.py",
        floor_arguments=arguments,
        tolerance=1e-6,
        aims=aims,
        few=1,
    )


PIECES = (
    Piece(
        "bias-1",
        "Bias: 20 metrics, 1 facet, 23 columns",
        BIAS + " fairlearn and AIF360 have five and six of the metrics.",
        data.people,
        ROWS,
        "ours_clarify.py",
        (
            Against("smclarify", "smclarify_bias.py"),
            Against("aif360", "aif360_bias.py"),
            Against("fairlearn", "fairlearn_bias.py", once=True, limit=180),
        ),
        ("facet_0", "all", GROUP),
        floor_arguments=(",".join(("facet_0", *BESIDE)),),
        aims=(Aim(1 / 25, "smclarify"), Aim(1 / 4, "aif360"), Aim(1.3, FLOOR)),
    ),
    Piece(
        "bias-12",
        "Bias: 20 metrics, 12 facets, 23 columns",
        BIAS,
        data.people,
        ROWS,
        "ours_clarify.py",
        (
            Against("smclarify", "smclarify_bias.py", once=True, limit=400),
            Against("aif360", "aif360_bias.py", once=True, limit=180),
            Against("fairlearn", "fairlearn_bias.py", once=True, limit=120),
        ),
        (",".join(TWELVE), "all", GROUP),
        floor_arguments=(",".join((*TWELVE, *BESIDE)),),
        aims=(Aim(1 / 150, "smclarify"),),
    ),
    Piece(
        "bias-15",
        "Bias: 20 metrics, 15 facets, 23 columns",
        BIAS + FEW,
        partial(data.people, facets=15),
        FEW_ROWS,
        "ours_clarify.py",
        (Against("smclarify", "smclarify_bias.py", once=True, limit=300),),
        (",".join(FIFTEEN), "all", GROUP),
        floor_arguments=(",".join((*FIFTEEN, *BESIDE)),),
        tolerance=1e-12,
        aims=(Aim(1 / 300, "smclarify"),),
    ),
    Piece(
        "bias-50-values",
        "Bias: 20 metrics, each of the 50 values of one facet, 14 columns",
        BIAS + FEW,
        data.many_values,
        FEW_ROWS,
        "ours_clarify.py",
        (Against("smclarify", "smclarify_bias.py", once=True, limit=300),),
        ("region=", "all", GROUP),
        floor_arguments=(",".join(("region", *BESIDE)),),
        tolerance=1e-12,
        aims=(Aim(1 / 300, "smclarify"),),
    ),
    Piece(
        "flip-test",
        "Flip test: five nearest neighbours, 12 features, 1 facet of 2 % of the rows",
        "The same value to the last digit. The floor parses the file; neighbours are found by products of "
        "matrices, and those that may be nearest decided exactly.",
        data.neighbours,
        ROWS,
        "ours_clarify.py",
        (Against("smclarify", "smclarify_bias.py", once=True, limit=400),),
        ("facet", "FT"),
        tolerance=0.0,
        aims=(Aim(1 / 7, "smclarify"),),
    ),
    Piece(
        "data-quality",
        "Data quality: statistics with KLL sketches, and constraints, 20 columns",
        "The floor is a process that parses all columns and does nothing with them. pandas and DuckDB do "
        "less (no sketches, no constraints), Great Expectations checks and profiles nothing. Where our CPU "
        "goes, by profile: a third reads cells, numbers as such, a tenth makes sure that these are nothing "
        "that Deequ calls text, an eighth counts texts and lines numbers up, an eighth makes AWS's sketches, "
        "most of it sorting, a tenth are moments in Spark's order of addition, a sixth start and imports, "
        "the rest writing, and handing blocks from thread to thread.",
        data.measurements,
        ROWS,
        "ours_analyzer.py",
        (
            Against("whylogs", "whylogs_profile.py", once=True, limit=200),
            Against("pyspark", "pyspark_profile.py", once=True, limit=300),
            Against("great-expectations", "great_expectations_check.py", once=True, limit=200),
            Against("duckdb", "duckdb_profile.py"),
            Against("pandas", "pandas_profile.py"),
        ),
        tolerance=1e-6,
        aims=(Aim(1 / 15, "whylogs"), Aim(1 / 25, "pyspark"), Aim(1, "pandas"), Aim(2, FLOOR)),
    ),
    Piece(
        "drift",
        "Drift: 20 columns compared with a baseline",
        "Here the baseline is two documents; Evidently reads its rows. Compared is which columns drifted.",
        prepared.drifted,
        ROWS,
        "ours_analyzer.py",
        (Against("evidently", "evidently_drift.py", once=True, limit=400),),
        file="current.csv",
        aims=(Aim(1 / 40, "evidently"),),
    ),
    _shap(
        "shap-booster",
        "Kernel SHAP: XGBoost, 14 features, 100 samples, 1 baseline row",
        *("booster", 10_000, 1, 100),
        once=True,
        aims=(Aim(1 / 40, "shap"), Aim(1.2, FLOOR)),
    ),
    _shap(
        "shap-logistic",
        "Kernel SHAP: a logistic model, 14 features, 100 samples, 1 baseline row",
        *("logistic", 10_000, 1, 100),
        once=True,
        aims=(Aim(1 / 200, "shap"),),
    ),
    _shap(
        "shap-baseline",
        "Kernel SHAP: XGBoost, 14 features, 100 samples, 100 baseline rows",
        *("booster", 200, 100, 100),
        once=False,
    ),
    Piece(
        "merge",
        "Merge: captures and labels of 98 % of them, JSON Lines to JSON Lines",
        "Compared are the merged records themselves, in any order. The floor decodes both by their "
        "fields, with the library that we use, and writes the bytes that were captured. Where our CPU goes, "
        "by profile: two fifths copy bytes of files from and to the system, as the floor does, a fifth "
        "decodes lines, a sixth makes an index of the labels, the rest looks them up and encodes. DuckDB "
        "takes a little less CPU on an idle machine, a little more on a busy one, and has it on two "
        "processors.",
        prepared.captures,
        ROWS,
        "ours_merge.py",
        (
            Against("pandas", "pandas_merge.py", once=True, limit=300, compared_apart=True),
            Against("pyspark", "pyspark_merge.py", once=True, limit=300, compared_apart=True),
            Against(HERE, "dictionary_merge.py", label="dict and json"),
            Against("duckdb", "duckdb_merge.py"),
        ),
        floor="copy_lines.py",
        aims=(Aim(1 / 10, "pandas"), Aim(1 / 10, "pyspark"), Aim(1, "duckdb"), Aim(3, FLOOR)),
    ),
)
