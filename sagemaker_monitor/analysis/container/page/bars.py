"""Bars beside numbers: decoration, since the number stands there too."""

from __future__ import annotations

from sagemaker_monitor.analysis.container.page.markup import Html

_WIDTH = 100


def bar(value: float, *, largest: float, signed: bool) -> Html:
    """Return a bar of *value*, cut at *largest*; *signed* ones start in the middle, others at the left."""
    share = max(-1.0, min(1.0, value / largest)) if largest else 0.0
    start = _WIDTH / 2 if signed else 0.0
    end = start + share * (_WIDTH - start)
    left, width = min(start, end), abs(end - start)
    return Html(
        f'<svg viewBox="0 0 {_WIDTH} 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<line x1="{start:g}" x2="{start:g}" y1="0" y2="10" vector-effect="non-scaling-stroke"/>'
        f'<rect x="{left:.4g}" y="2" width="{width:.4g}" height="6"/></svg>'
    )
