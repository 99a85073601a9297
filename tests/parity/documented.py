"""What no recorded run of AWS shows: the rule that the code follows, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One behaviour that rests on documentation, on published code, or on inference."""

    subject: str
    rule: str
    source: str


_METRICS = "docs.aws.amazon.com, Model quality metrics"

_SPARK = "spark.apache.org, JSON Files"

_CLOUDWATCH = "docs.aws.amazon.com, CloudWatch metrics"

RULES: tuple[Rule, ...] = (
    Rule(
        "Data quality: text of baseline_drift_check",
        "`Baseline drift distance: … exceeds threshold: …`; the text for p-values is ours",
        "aws/amazon-sagemaker-examples, the expression by which its helper reads reports",
    ),
    Rule(
        "Data quality: distances and their correction",
        "largest difference of the distribution functions, or of the shares of categories; Robust takes "
        "1.8·sqrt((n + m)/(n·m)) off",
        "awslabs/deequ, Distance",
    ),
    Rule(
        "Data quality: drift beside other violations",
        "hidden for every column while any column has another violation",
        "inference: no recorded run since 2021 shows both; that it is hidden for all columns is open",
    ),
    Rule(
        "Data quality: completeness_check",
        "present values over rows, below what the constraint asks; the words are ours",
        "docs.aws.amazon.com, Schema for Violations",
    ),
    Rule(
        "Data quality: categorical_values_check",
        "share of values inside the domains; `Value: … does not meet the constraint requirement! `",
        "docs.aws.amazon.com, Schema for Violations; a text of the container of 2019",
    ),
    Rule(
        "Data quality: missing_column_check",
        "one violation and no other file; first words by analogy with those of extra columns",
        "docs.aws.amazon.com, Schema for Violations; two recorded reports, one of each kind in part",
    ),
    Rule(
        "Data quality: overrides for single features",
        "every switch of the monitoring configuration, in three spellings",
        "docs.aws.amazon.com, Schema for Constraints; aws/sagemaker-python-sdk",
    ),
    Rule(
        "Bias: infinities, errors and texts that no recorded run has",
        "0/0 is 0, x/0 infinite; a metric that cannot be computed is null with its reason",
        "aws/amazon-sagemaker-clarify, version 0.5",
    ),
    Rule(
        "CloudWatch: names, dimensions, namespaces",
        "as documented; with the dimensions Endpoint and MonitoringSchedule, batches without the first",
        f"{_CLOUDWATCH}; of bias drift; of feature attribution drift",
    ),
    Rule(
        "CloudWatch: infinity and null",
        "±2.348543e108; null is not published",
        "docs.aws.amazon.com, CloudWatch Metrics for Bias Drift Analysis",
    ),
    Rule(
        "CloudWatch: metrics that newer containers add",
        "counts of types and of nulls, completeness, distinct values; with the dimension Feature besides",
        "aws/sagemaker-python-sdk, a branch with a generator of dashboards",
    ),
    Rule(
        "CloudWatch: lines of a metric file that are none",
        "a warning in the job's log; the other lines are published, the job is not failed",
        "ours: AWS documents the form of the lines only",
    ),
    Rule(
        "Data quality: columns of JSON",
        "sorted keys, nested objects with dots in their names; one fraction makes fractions of a column",
        f"{_SPARK}; the dot is inferred",
    ),
    Rule(
        "Data quality: captured parts of two encodings",
        "the job fails, in the words that users report",
        "aws/sagemaker-python-sdk, issue 2785",
    ),
    Rule(
        "Data quality: a request of several rows",
        "one wide row; line ends separate nothing: 72 rows of 59 cells and their answers are 4,178 columns",
        "the number of columns that one run of AWS reported",
    ),
    Rule(
        "Data quality: preprocessor and postprocessor scripts",
        "a record is an object, a line or a dict; a dict is a row, a list of them several, [] none",
        "docs.aws.amazon.com, Preprocessing and Postprocessing",
    ),
    Rule(
        "Data quality: ChiSquared",
        "statistic and p-value are scipy's; rare categories are merged first, as Deequ does",
        "awslabs/deequ, Distance; scipy",
    ),
    Rule(
        "Model quality: multiclass metrics",
        "metrics weighted by class; the documented counts give the documented values to the last digit",
        f"{_METRICS}; scikit-learn",
    ),
    Rule(
        "Model quality: regression metrics",
        "mae, mse, rmse, r2, added up as Spark does; the documented example gives the documented values, and "
        "100 rows of the SDK's own tests give what AWS's container wrote for them, both to the last digit",
        f"{_METRICS}; aws/sagemaker-python-sdk, data of its tests; scikit-learn",
    ),
    Rule(
        "Model quality: order of violations of several classes",
        "that of a hash map of Scala 2.12, which gives the recorded order of the binary ones",
        "inference from the recorded reports",
    ),
    Rule(
        "Model quality: ROC and precision-recall curves",
        "Spark's: one point a distinct score, (0, 0) before, (1, 1) after; recall 0 has the first precision",
        "Apache Spark MLlib, BinaryClassificationMetrics; scikit-learn",
    ),
    Rule(
        "Explainability: number of samples",
        "2 for each feature and 2,048, at most as many as there are coalitions; then each is evaluated once, "
        "which gives Shapley values",
        "docs.aws.amazon.com, Synthetic dataset; what happens at the limit is inference",
    ),
    Rule(
        "Explainability: several baseline rows",
        "a coalition's worth and the expected value are means over the baseline",
        "Lundberg and Lee, A Unified Approach to Interpreting Model Predictions",
    ),
    Rule(
        "Explainability: use_logit",
        "each score is turned into log-odds before anything is averaged; 0 and 1 count as the closest double "
        "inside",
        "the SDK's description of use_logit",
    ),
    Rule(
        "Explainability: median and mean_sq",
        "the median of the signed values; the mean of their squares; rankings compare magnitudes",
        "the SDK's description of agg_method",
    ),
    Rule(
        "Explainability: drift",
        "nDCG below 0.9; the documented example gives 0.69; equal values keep the dataset's order",
        "docs.aws.amazon.com, Feature attribution drift; one recorded text",
    ),
    Rule(
        "Explainability: computed baselines",
        "k-means, with categories k-prototypes, of standardized columns; without num_clusters the elbow of "
        "up to 12; one cluster is the mean record",
        "the SDK's description of num_clusters; Huang 1998; scikit-learn",
    ),
)
