"""Stop an execution: running jobs are stopped, and no other step starts."""

from __future__ import annotations

from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.operations.errors import OperationError
from sagemaker_monitor.operations.follow import check_arn


def stop_execution(aws: Aws, execution_arn: str) -> None:
    """Ask SageMaker to stop an execution; it ends Stopped soon after. Raises UsageError, AwsError.

    OperationError when it has ended already.
    """
    check_arn(aws, execution_arn)
    try:
        aws.call("sagemaker", "stop_pipeline_execution", PipelineExecutionArn=execution_arn)
    except AwsError as error:
        if error.code == "ConflictException":
            raise OperationError(f"{execution_arn} has ended meanwhile: nothing to stop") from error
        raise
