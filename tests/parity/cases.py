"""The runs of AWS whose results were recorded, in the order of the page."""

from __future__ import annotations

from dataclasses import dataclass

EXAMPLES = "aws/amazon-sagemaker-examples"


@dataclass(frozen=True)
class Case:
    """One recorded run: what was run on AWS, and where its results were printed."""

    title: str
    run: str
    source: str


CASES: dict[str, Case] = {
    "churn_dq_baseline": Case(
        "Data quality: churn",
        "Model Monitor's baseline of 2,333 rows with 70 columns, CSV with a header, and what its traffic "
        "violated.",
        f"{EXAMPLES}, introduction to Model Monitor",
    ),
    "dq_specimens": Case(
        "Data quality: documents of other runs",
        "Statistics and constraints with features that are no numbers.",
        f"{EXAMPLES}, notebooks of Model Monitor",
    ),
    "churn_model_quality": Case(
        "Model quality: churn",
        "Binary classification, 201 rows with probability, prediction and label, cut at 0.8; live windows of "
        "an endpoint.",
        f"{EXAMPLES}, model quality of churn",
    ),
    "churn_bias_batch_csv": Case(
        "Bias: churn, batch transform, CSV",
        "XGBoost, facet `Account Length` above 100, threshold 0.8; baseline of 666 rows, a live window of "
        "334 rows. The window's labels were drawn at random; the tests use labels that give the counts which "
        "the recorded values determine.",
        f"{EXAMPLES}, bias monitoring of batch transform with CSV",
    ),
    "adult_bias_endpoint_jsonl": Case(
        "Bias: adult, endpoint, JSON Lines",
        "Linear Learner, facet `Sex` = 0, group variable `Age`; baseline of 666 records, a live window of "
        "1,806 requests.",
        f"{EXAMPLES}, bias monitoring of an endpoint with JSON Lines",
    ),
    "adult_shap_endpoint_jsonl": Case(
        "Explainability: adult, endpoint, JSON Lines",
        "Kernel SHAP of a Linear Learner with one baseline row and 100 samples per record. Coalitions are "
        "drawn at random without a seed: runs of AWS differ among themselves by up to 0.00023.",
        f"{EXAMPLES}, explainability monitoring of an endpoint with JSON Lines",
    ),
    "churn_shap_batch_csv": Case(
        "Explainability: churn, batch transform, CSV",
        "Kernel SHAP of the XGBoost model, 666 rows, 69 features, the rounded mean record as baseline, 100 "
        "samples. Of this run the notebook shows some values.",
        f"{EXAMPLES}, explainability monitoring of batch transform with CSV",
    ),
    "ll_predictions": Case(
        "Models: Linear Learner",
        "Scores and labels that the binary classifier of the adult cases answered.",
        f"{EXAMPLES}, notebooks of the adult cases",
    ),
}
