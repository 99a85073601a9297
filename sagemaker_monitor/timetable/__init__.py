"""When is a schedule due? Expressions of EventBridge Scheduler, read and evaluated; stdlib only."""

from sagemaker_monitor.timetable.expressions import (
    At,
    Cron,
    Expression,
    ExpressionError,
    Rate,
    parse_expression,
    zone_of,
)

__all__ = ["At", "Cron", "Expression", "ExpressionError", "Rate", "parse_expression", "zone_of"]
