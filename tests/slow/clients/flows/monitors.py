"""What notebooks do with a monitor of the SDK, of either major version, once its schedule is made.

The pauses are those that notebooks make: a flow that needs one of them twice is no longer quick.
"""

import json
import time

ENDED = ("Completed", "CompletedWithViolations", "Failed", "Stopped")


def wait_for_start(monitor):
    """Wait until the schedule's first execution is there, and no longer pending."""
    described = monitor.describe_schedule()
    while "LastMonitoringExecutionSummary" not in described:
        time.sleep(60)
        described = monitor.describe_schedule()
    while described["LastMonitoringExecutionSummary"]["MonitoringExecutionStatus"] == "Pending":
        time.sleep(10)
        described = monitor.describe_schedule()


def wait_for_end(monitor):
    """Wait until the schedule's last execution has ended, and return it."""
    last = monitor.describe_schedule()["LastMonitoringExecutionSummary"]
    while last["MonitoringExecutionStatus"] not in ENDED:
        time.sleep(60)
        last = monitor.describe_schedule()["LastMonitoringExecutionSummary"]
    return last


def outcome(monitor, place_of, read, logs):
    """Return what a monitor's first execution came to: its status, its log and its reports.

    *place_of* gives the URI of the reports by the job's name, *read* the content of a URI or None, and *logs*
    is a client of CloudWatch Logs.
    """
    wait_for_start(monitor)
    monitor.stop_monitoring_schedule()
    last = wait_for_end(monitor)
    job = last.get("ProcessingJobArn", "").rpartition("/")[2]
    found = {
        "status": last["MonitoringExecutionStatus"],
        "reason": last.get("FailureReason"),
        "log": log_of(logs, job),
    }
    for name in ("analysis", "statistics", "constraint_violations"):
        text = read(f"{place_of(job)}/{name}.json")
        found[name] = None if text is None else json.loads(text)
    return found


def log_of(client, job, group="ProcessingJobs"):
    """Return the lines of a job's log."""
    group = f"/aws/sagemaker/{group}"
    streams = client.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]
    return [
        event["message"]
        for stream in streams
        for event in client.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
        )["events"]
    ]


def truth(labels):
    """Return ground truth as a file: labels, texts, by inference id."""
    records = [
        {
            "groundTruthData": {"data": label, "encoding": "CSV"},
            "eventMetadata": {"eventId": str(identifier)},
            "eventVersion": "0",
        }
        for identifier, label in labels
    ]
    return "\n".join(map(json.dumps, records))
