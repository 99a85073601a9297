"""What becomes of versions and pipelines of others, which no file can say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sagemaker_monitor.operations.adopting.draft import Draft
from sagemaker_monitor.operations.adopting.piped import Pipeline
from sagemaker_monitor.operations.adopting.registered import Registered
from sagemaker_monitor.settings import Environment


def tell_versions(draft: Draft, versions: Sequence[Registered], model: str, environment: Environment) -> None:
    """Tell what the gate would miss of versions that others registered."""
    if not versions:
        return
    _tell_group(draft, versions[0].group, model, environment)
    for version in versions:
        if version.has_evidence:
            continue
        kept = ", ".join(f"{kind} in DriftCheckBaselines" for kind in version.drift)
        only = [kind for kind in version.metrics if kind not in version.drift]
        metrics = ", ".join(f"{kind} in ModelMetrics, which no check compares with" for kind in only)
        draft.note(
            version.resource,
            "evidence",
            "; ".join(each for each in (kept, metrics) if each) or "no baselines",
            f"it is {version.approval}, and names no execution and verdict: the gate cannot open it, and "
            "SageMaker lets nobody add baselines to it",
            f"sagemaker-monitor run register --model {model} --mode bootstrap registers the artifact once "
            "more, with baselines and evidence",
        )


def _tell_group(draft: Draft, group: str, model: str, environment: Environment) -> None:
    configured = environment.model_package_group_name(model)
    if group != configured:
        draft.note(
            f"model package group {group}",
            "ModelPackageGroupName",
            group,
            f"versions of the model {model} go to {configured} in {environment.name}",
            f'name the model {group}, or write registry.model_package_group: "{group}" into '
            f"conf/environments/{environment.name}.yaml",
        )


def tell_pipelines(draft: Draft, pipelines: Iterable[Pipeline], model: str, environment: Environment) -> None:
    """Tell what pipelines of others do in our words, and what becomes of them."""
    for pipeline in pipelines:
        for group in pipeline.groups:
            _tell_group(draft, group, model, environment)
        checks = ", ".join(f"{name} ({kind})" for name, kind in pipeline.checks.items()) or "no checks"
        registers = f", and registers in {', '.join(pipeline.groups)}" if pipeline.groups else ""
        draft.note(
            pipeline.resource,
            "checks",
            checks + registers,
            f"ours watch the same ({', '.join(pipeline.monitors) or 'nothing of it'}), by definitions of "
            "their own: it is neither changed nor deleted",
            "once register and monitor-batch of this file took its place, delete it by hand",
        )
        for step in pipeline.others:
            if step.type in ("Condition", "Fail", "Model", "Transform", "RegisterModel"):
                continue
            draft.note(
                f"step {step.name} of {pipeline.resource}",
                "Type",
                step.type,
                "our pipelines have no such step of yours",
                "keep it in a pipeline of its own, or bring it as monitors.custom (docs/custom-monitor.md)",
            )
