"""What each bias metric says in plain words, and which way hurts the group."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """A metric in words.

    *against* is the side of *neutral* on which the group in the facet fares worse: 1 above, -1 below,
    0 where the metric does not say. An *unsigned* metric is never below 0.
    """

    name: str
    words: str
    neutral: float = 0.0
    against: int = 0
    unsigned: bool = False


_DISTANCE = (
    "how far the observed outcomes inside and outside the group are apart; 0 is equal, it has no direction"
)

MEANINGS: dict[str, Meaning] = {
    "CI": Meaning(
        "Class imbalance",
        "share of people outside the group minus share inside; 0 is equally many, near 1 the group is rare",
    ),
    "DPL": Meaning(
        "Difference in positive proportions in labels",
        "observed favourable share outside the group minus inside; above 0 the group got fewer good outcomes",
        against=1,
    ),
    "KL": Meaning("Kullback-Leibler divergence", _DISTANCE, unsigned=True),
    "JS": Meaning("Jensen-Shannon divergence", _DISTANCE, unsigned=True),
    "LP": Meaning("Lp norm", _DISTANCE, unsigned=True),
    "TVD": Meaning("Total variation distance", _DISTANCE, unsigned=True),
    "KS": Meaning("Kolmogorov-Smirnov distance", _DISTANCE, unsigned=True),
    "CDDL": Meaning(
        "Conditional demographic disparity in labels",
        "the group's share of observed refusals minus its share of good outcomes, within comparable people;"
        " above 0 it got more of the refusals",
        against=1,
    ),
    "DPPL": Meaning(
        "Difference in positive proportions in predicted labels",
        "share the model decides favourably outside the group minus inside; above 0 it favours the others",
        against=1,
    ),
    "DI": Meaning(
        "Disparate impact",
        "share the model decides favourably inside the group, divided by the share outside; 1 is equal,"
        " below 1 the group is favoured less often",
        neutral=1.0,
        against=-1,
        unsigned=True,
    ),
    "DCA": Meaning(
        "Difference in conditional acceptance",
        "observed good outcomes per predicted one, outside minus inside; above 0 the model is more generous"
        " to the group than people were, compared with the others",
        against=-1,
    ),
    "DCR": Meaning(
        "Difference in conditional rejection",
        "observed refusals per predicted one, inside minus outside; below 0 the model refuses the group more"
        " than people did, compared with the others",
        against=-1,
    ),
    "RD": Meaning(
        "Recall difference",
        "of those who deserved a good outcome, the share the model gives it, outside minus inside;"
        " above 0 it misses more of the group",
        against=1,
    ),
    "SD": Meaning(
        "Specificity difference",
        "of those who did not, the share the model refuses, inside minus outside; above 0 it is stricter"
        " with the group",
        against=1,
    ),
    "DAR": Meaning(
        "Difference in acceptance rates",
        "share of the model's favourable answers that were right, outside minus inside; above 0 those for the"
        " group were more often not borne out",
    ),
    "DRR": Meaning(
        "Difference in rejection rates",
        "share of the model's refusals that were right, inside minus outside; below 0 it refuses more of the"
        " group wrongly",
        against=-1,
    ),
    "AD": Meaning(
        "Accuracy difference",
        "how often the model is right, outside minus inside; above 0 it is wrong more often about the group",
        against=1,
    ),
    "TE": Meaning(
        "Treatment equality",
        "wrong refusals per wrong favourable answer, inside minus outside; above 0 the group's errors are"
        " more often to its disadvantage",
        against=1,
    ),
    "CDDPL": Meaning(
        "Conditional demographic disparity in predicted labels",
        "the group's share of the model's refusals minus its share of favourable answers, within comparable"
        " people; above 0 it gets more of the refusals",
        against=1,
    ),
    "FT": Meaning(
        "Counterfactual flip test",
        "how often the model favours people of the group where it refuses similar others, minus the reverse;"
        " below 0 similar others are treated better",
        against=-1,
    ),
    "GE": Meaning(
        "Generalized entropy",
        "how unequally the model's errors are spread over all people; 0 is equal, the same for every facet",
        unsigned=True,
    ),
}
