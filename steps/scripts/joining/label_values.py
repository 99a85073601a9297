"""Whether labels can be what the problem type says that they are."""

from __future__ import annotations

from steps.scripts.inputs import BINARY, MULTICLASS, REGRESSION, is_number
from steps.scripts.joining.cells import JoinError, is_nothing
from steps.scripts.joining.columns import Columns

MOST_CLASSES = 1000
"""Model Monitor's analysis takes a column with more values for no class."""
WANTS_NUMBERS = "regression needs numbers"


class LabelCheck:
    """Counts the labels that cannot be meant so, and knows where the first one stands."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.total = self.wrong = 0
        self.first = ""

    def check(self, label: str, where: str) -> None:
        """Count one label."""
        self.total += 1
        problem = ""
        if not label.strip():
            problem = "the label is empty; leave the line out where there is no label yet"
        elif self.columns.numeric_label and not is_number(label):
            binary = self.columns.problem_type == BINARY
            problem = (
                f"the label is no number, but {'the favourable label is one' if binary else WANTS_NUMBERS}"
            )
        elif is_nothing(label):
            problem = "the label is not a number (NaN) or infinite, which is no class"
        if problem:
            self.wrong += 1
            self.first = self.first or f"{where}: {problem}"

    def finish(self) -> None:
        """Raise JoinError when there was one."""
        if self.wrong:
            raise JoinError(f"{self.first}; {self.wrong} of {self.total} labels cannot be used")


def same_label(one: str, other: str) -> bool:
    """Return whether both cells are the same label, as text or as a number."""
    if one.strip() == other.strip():
        return True
    return is_number(one) and is_number(other) and float(one) == float(other)


class Classes:
    """Which classes labels have, and predictions; of regression nothing is kept."""

    def __init__(self, problem_type: str) -> None:
        self.problem_type = problem_type
        self.labels: set[str] = set()
        self.predictions: set[str] = set()

    def add(self, label: str, prediction: str) -> None:
        """Take in one labelled row."""
        if self.problem_type != REGRESSION and len(self.labels) <= MOST_CLASSES:
            self.labels.add(label)
        if self.problem_type == MULTICLASS and len(self.predictions) <= MOST_CLASSES:
            self.predictions.add(prediction)

    def finish(self) -> None:
        """Raise JoinError where the labels cannot be what the problem type says, or the answers' classes."""
        different = {float(value) if is_number(value) else value for value in self.labels}
        if self.problem_type == BINARY and len(different) > 2:
            raise JoinError(
                f"the labels have {len(different)} different values; binary classification has two"
            )
        if self.problem_type == MULTICLASS and len(different) > MOST_CLASSES:
            raise JoinError(
                f"the labels have more than {MOST_CLASSES} different values, too many to be classes; for "
                "numbers set problem_type to Regression"
            )
        # A class that only one side has is an error of the model's; a spelling that only one has is not.
        numbers = [{is_number(value) for value in each} for each in (self.labels, self.predictions)]
        if numbers in ([{True}, {False}], [{False}, {True}]):
            words = ("numbers", "texts") if numbers[0] == {True} else ("texts", "numbers")
            raise JoinError(
                f"the labels are {words[0]} and the model answers {words[1]}, so that no prediction could be "
                "right; write labels as the model answers its classes"
            )
