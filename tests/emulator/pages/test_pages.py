"""The emulator's pages: what they show, that nothing in them runs, and who may ask for what."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import quote, urlsplit

import pytest

from sagemaker_monitor.emulator.pages.lists import job_row
from tests.emulator.conftest import RunningEmulator
from tests.emulator.jobs.conftest import ROLE, processing_request, s3_input

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
HOSTILE = '<script>alert("x")</script>&amp;'
KEY = "reports/a b?c#d%25&'\"<i>ü/page.html"
ROOT = "/_sagemaker-monitor/"


class Read(HTMLParser):
    """A page's elements and words; fails where an element is not closed."""

    VOID = ("meta", "link")

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(content)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


class Asker:
    """Requests without any client's manners, over one connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, headers=named)
        response = self._connection.getresponse()
        content = response.read().decode()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, content

    def page(self, path: str) -> Read:
        status, headers, content = self.ask("GET", path, Accept=HTML)
        assert status == 200, (path, status, content[-300:])
        assert headers["content-type"] == "text/html; charset=utf-8"
        return Read(content)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def asker(emulator: RunningEmulator) -> Iterator[Asker]:
    """Ask an emulator that holds one of everything, with names and texts that are hostile to pages."""
    _fill(emulator)
    opened = Asker(emulator.url)
    yield opened
    opened.close()


def _fill(emulator: RunningEmulator) -> None:
    sagemaker, s3, store = emulator.client("sagemaker"), emulator.client("s3"), emulator.context.store
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key=KEY, Body=b"<script>fetch('/')</script><h1>report</h1>")
    s3.put_object(Bucket="data", Key="verdict.json", Body=json.dumps({"why": HOSTILE}).encode())
    violation = {
        "feature_name": HOSTILE,
        "constraint_check_type": "data_type_check",
        "description": "not a number",
    }
    report = json.dumps({"violations": [violation] * 60})
    code = (
        f"print({HOSTILE!r}); import pathlib; "
        f"pathlib.Path('processing/output/constraint_violations.json').write_text({report!r})"
    )
    s3.put_object(Bucket="data", Key="go.py", Body=code.encode())
    request = processing_request(
        Environment={"TOKEN": "a-secret-value"},
        ProcessingInputs=[s3_input("s3://data/go.py", "/opt/ml/processing/code")],
    )
    request["AppSpecification"]["ContainerEntrypoint"] = ["python3", "/opt/ml/processing/code/go.py"]
    sagemaker.create_processing_job(**request)
    emulator.context.jobs.wait(emulator.context, "processing-job", "job")
    fail = {
        "Name": "Refuse",
        "Type": "Fail",
        "Arguments": {"ErrorMessage": "closed, see s3://data/verdict.json."},
    }
    parameter = {"Name": "Batch", "Type": "String", "DefaultValue": HOSTILE}
    definition = {"Version": "2020-12-01", "Parameters": [parameter], "Steps": [fail]}
    sagemaker.create_pipeline(
        PipelineName="watch",
        PipelineDefinition=json.dumps(definition),
        PipelineDescription=HOSTILE,
        ClientRequestToken="x" * 32,
        RoleArn=ROLE,
    )
    started = sagemaker.start_pipeline_execution(
        PipelineName="watch", ClientRequestToken="y" * 32, PipelineExecutionDescription=HOSTILE
    )["PipelineExecutionArn"]
    deadline = time.monotonic() + 10
    while _status(emulator, started) == "Executing":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"}, ExecutionRoleArn=ROLE)
    specification = {
        "Containers": [{"Image": "image"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    sagemaker.create_model_package(
        ModelPackageGroupName="credit",
        InferenceSpecification=specification,
        CustomerMetadataProperties={"verdict": "s3://data/verdict.json", "execution": started},
    )
    # What only an endpoint's traffic would make.
    now = time.time()
    times = {"CreationTime": now, "LastModifiedTime": now}
    variants = [{"VariantName": "All", "CurrentWeight": 1.0}]
    store.put("endpoint-config", "c", {"ProductionVariants": [{"VariantName": "All", "ModelName": "m"}]})
    store.put(
        "endpoint",
        "Live",
        times
        | {
            "EndpointName": "Live",
            "EndpointArn": "arn:aws:sagemaker:us-east-1:000000000000:endpoint/live",
            "EndpointConfigName": "c",
            "EndpointStatus": "InService",
            "ProductionVariants": variants,
            "_Capture": {"EnableCapture": True, "DestinationS3Uri": "s3://data/captured"},
        },
    )
    schedule_arn = "arn:aws:sagemaker:us-east-1:000000000000:monitoring-schedule/hourly"
    store.update("processing-job", "job", lambda job: job | {"MonitoringScheduleArn": schedule_arn})
    store.put(
        "monitoring-schedule",
        "Hourly",
        times
        | {
            "MonitoringScheduleName": "Hourly",
            "MonitoringScheduleArn": schedule_arn,
            "MonitoringScheduleStatus": "Scheduled",
            "EndpointName": "Live",
            "MonitoringScheduleConfig": {"ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"}},
        },
    )
    run = {
        "MonitoringScheduleName": "Hourly",
        "MonitoringExecutionStatus": "CompletedWithViolations",
        "ScheduledTime": now,
        "ProcessingJobArn": "arn:aws:sagemaker:us-east-1:000000000000:processing-job/job",
    }
    store.put("monitoring-execution", "Hourly/1", times | run)


def _status(emulator: RunningEmulator, arn: str) -> str:
    status: str = emulator.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=arn)[
        "PipelineExecutionStatus"
    ]
    return status


def test_s3_clients_and_browsers_get_what_they_ask_for(emulator: RunningEmulator, asker: Asker) -> None:
    """`GET /` lists buckets to whoever signs or does not ask for HTML, and is a page for a browser."""
    signed = (
        "AWS4-HMAC-SHA256 Credential=test/20260301/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    )
    as_s3 = asker.ask("GET", "/", Authorization=signed, Accept=HTML)[2]
    presigned = asker.ask(
        "GET", "/?X-Amz-Credential=test%2F20260301%2Fus-east-1%2Fs3%2Faws4_request", Accept=HTML
    )[2]
    anything = asker.ask("GET", "/", Accept="*/*")[2]

    assert [each["Name"] for each in emulator.client("s3").list_buckets()["Buckets"]] == ["data"]
    assert all("<ListAllMyBucketsResult" in each for each in (as_s3, presigned, anything))
    assert "Emulator of SageMaker" in asker.page("/").words
    head = asker.ask("HEAD", "/", Accept=HTML)
    assert (head[0], head[2]) == (200, "")


def test_every_link_leads_somewhere_and_nothing_runs(asker: Asker) -> None:
    """From the first page on every page answers, escapes what it shows, runs nothing and loads nothing."""
    seen: dict[str, str] = {}
    todo = ["/"]
    while todo:
        path = todo.pop()
        status, headers, content = asker.ask("GET", path, Accept=HTML)
        assert status == 200, path
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"]
        seen[path] = content
        if path.startswith(f"{ROOT}raw?") or path.endswith("/log"):
            assert headers["content-security-policy"].startswith("sandbox;")
            continue
        page = Read(content)
        for tag in ("script", "iframe", "object", "embed", "form", "img"):
            assert page.all(tag) == [], (path, tag)
        assert not [name for _, each in page.elements for name in each if name.startswith("on")]
        assert [len(page.all(tag)) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1], path
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels)), path
        assert all(each.get("scope") in ("col", "row") for each in page.all("th"))
        for each in page.all("a"):
            target = str(each["href"])
            if target.startswith("/") and target not in seen and target not in todo:
                todo.append(target)
            assert target.startswith(("/", "#", "?")), (path, target)

    kinds = {path.split("/")[3] for path in seen if path.startswith(f"{ROOT}us-east-1/")}
    assert kinds == {
        *("execution", "pipeline", "processing-job", "endpoint", "monitoring-schedule"),
        *("model", "model-package-group"),
    }
    assert any("page.html" in path and "/raw?" in path for path in seen)
    assert len(seen) > 15


def test_an_execution_says_what_failed_and_where_the_verdict_is(asker: Asker) -> None:
    """Steps with type, status and reason; parameters; the URI in a reason is a link."""
    home = asker.page("/")
    (path,) = {str(each["href"]) for each in home.all("a") if "/execution/" in str(each["href"])}
    page = asker.page(path)

    for expected in ("Refuse", "Fail", "Failed", "closed, see s3://data/verdict.json.", HOSTILE, "Batch"):
        assert expected in page.words
    assert f"{ROOT}s3?uri=s3://data/verdict.json" in [each["href"] for each in page.all("a")]


def test_a_job_shows_violations_and_log_but_no_environment(asker: Asker) -> None:
    """A bounded number of violations, the log's words, the schedule; nothing of its environment."""
    page = asker.page(f"{ROOT}us-east-1/processing-job/job")
    log = asker.ask("GET", f"{ROOT}us-east-1/processing-job/job/log")

    assert "Violations (60)" in page.words
    assert page.words.count("not a number") == 50
    assert HOSTILE in page.words
    assert (log[0], log[1]["content-type"], log[2].strip()) == (200, "text/plain; charset=utf-8", HOSTILE)
    assert "a-secret-value" not in page.words
    assert f"{ROOT}us-east-1/monitoring-schedule/hourly" in [each["href"] for each in page.all("a")]


def test_a_long_reason_does_not_fill_a_list(emulator: RunningEmulator) -> None:
    """A list shows how a reason begins, and leads to the URI that is in it whole."""
    uri = f"s3://data/{'k' * 400}"
    record = emulator.context.store.get("processing-job", "job") or {}
    shown = job_row(emulator.context, {**record, "FailureReason": f"see {uri}. {'more ' * 200}"})[-1]

    assert shown.text.startswith("see s3://data/k")
    assert len(shown.text) < 400
    assert shown.href.endswith(uri)


def test_a_schedule_is_found_by_its_arns_spelling_and_shows_what_it_found(asker: Asker) -> None:
    """The ARN has the name in lower case; executions link to their jobs, the last report is shown."""
    page = asker.page(f"{ROOT}us-east-1/monitoring-schedule/hourly")

    assert "CompletedWithViolations" in page.words
    assert "Violations (60) of the execution due" in page.words
    assert f"{ROOT}us-east-1/processing-job/job" in [each["href"] for each in page.all("a")]


def test_pages_of_what_moves_are_asked_for_again(emulator: RunningEmulator, asker: Asker) -> None:
    """A page about something running has a refresh, unless it is to hold still; one that rests has none."""
    path = f"{ROOT}us-east-1/processing-job/moving"
    record = emulator.context.store.get("processing-job", "job") or {}
    moving = record | {"ProcessingJobName": "moving", "ProcessingJobStatus": "InProgress"}
    emulator.context.store.put("processing-job", "moving", moving)
    try:
        live, still, resting = (
            [each.get("http-equiv") for each in asker.page(each).all("meta")]
            for each in (path, f"{path}?still=1", f"{ROOT}us-east-1/processing-job/job")
        )
    finally:
        emulator.context.store.delete("processing-job", "moving")

    assert ("refresh" in live, "refresh" in still, "refresh" in resting) == (True, False, False)


def test_objects_are_shown_by_what_their_name_ends_in(emulator: RunningEmulator, asker: Asker) -> None:
    """HTML has no origin, whatever type was stored; what no browser should open is downloaded."""
    s3 = emulator.client("s3")
    s3.put_object(Bucket="data", Key="types/run.bin", Body=b"<script>", ContentType="text/html")
    s3.put_object(Bucket="data", Key="types/rows.csv", Body=b"1,<b>\n", ContentType="text/html")
    page = asker.ask("GET", f"{ROOT}raw?uri={quote(f's3://data/{KEY}', safe='')}", Accept=HTML)
    binary = asker.ask("GET", f"{ROOT}raw?uri=s3://data/types/run.bin", Accept=HTML)
    rows = asker.ask("GET", f"{ROOT}raw?uri=s3://data/types/rows.csv", Accept=HTML)
    by_s3 = asker.ask("GET", "/data/types/run.bin", Accept=HTML)

    assert page[1]["content-type"] == "text/html; charset=utf-8"
    assert page[1]["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert binary[1]["content-type"] == "application/octet-stream"
    assert binary[1]["content-disposition"].startswith("attachment;")
    assert (rows[1]["content-type"], rows[2]) == ("text/plain; charset=utf-8", "1,<b>\n")
    assert asker.ask("HEAD", f"{ROOT}raw?uri=s3://data/types/rows.csv")[2] == ""
    assert (by_s3[2], by_s3[1]["content-security-policy"][:8]) == ("<script>", "sandbox;")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("us-east-1/processing-job/none", 404),
        ("us-east-1/processing-job/none/log", 404),
        ("us-east-1/execution/watch/none", 404),
        ("us-east-1/secrets/x", 404),
        ("list/nothing", 404),
        ("%2e%2e/%2e%2e/etc/passwd", 404),
        ("us-east-1/processing-job/..%2F..%2Fstate.db/log", 404),
        ("s3?uri=s3://none/", 404),
        ("s3?uri=nonsense", 400),
        ("s3?uri=s3://data/..%2F..%2Fstate.db", 200),  # a key like any other, which no object has
        ("raw?uri=s3://data/..%2F..%2Fstate.db", 404),
        ("raw?uri=s3://../state.db", 404),
        ("raw?uri=", 400),
        ("list/jobs?skip=-1", 200),
        ("list/jobs?skip=99999999999999999999", 200),
    ],
)
def test_what_is_not_there_is_said(asker: Asker, path: str, status: int) -> None:
    """An unknown record, page, bucket or key is a page that says so; nothing outside of S3 can be read."""
    answer = asker.ask("GET", f"{ROOT}{path}", Accept=HTML)

    assert answer[0] == status
    assert "SQLite" not in answer[2]
    assert Read(answer[2]).all("h1")


CROSS = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"}
LINKED = {
    "Sec_Fetch_Site": "cross-site",
    "Sec_Fetch_Mode": "navigate",
    "Sec_Fetch_Dest": "document",
    "Accept": HTML,
}
TYPED = LINKED | {"Sec_Fetch_Site": "none"}
SIGNED_URL = "X-Amz-Credential=t%2F20260301%2Fus-east-1%2F{}%2Faws4_request"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", TYPED, 200),
        ("GET", "/data/verdict.json", TYPED, 200),
        ("GET", "/", LINKED, 200),
        ("GET", f"{ROOT}s3", LINKED, 200),
        ("GET", "/data/verdict.json", LINKED, 403),
        ("GET", "/", LINKED | {"Sec_Fetch_Dest": "iframe"}, 403),
        ("GET", "/", CROSS, 403),
        ("GET", "/data/verdict.json", CROSS, 403),
        ("GET", "/data/verdict.json", CROSS | {"Sec_Fetch_Site": "same-site"}, 403),
        ("GET", "/", {"Host": "rebound.example:80", "Accept": HTML}, 403),
        ("GET", "/data/verdict.json", {"Host": "127.0.0.1.rebound.example"}, 403),
        ("GET", "/", {"Host": "", "Accept": HTML}, 403),
        ("POST", f"{ROOT}fire", {"Origin": "http://127.0.0.1:1"}, 403),
        ("POST", f"{ROOT}fire", {"Sec_Fetch_Site": "cross-site"}, 403),
        ("POST", f"{ROOT}fire", {"Sec_Fetch_Site": "same-origin"}, 403),
        ("POST", "/data?delete", {"Origin": "null"}, 403),
        ("OPTIONS", "/data/verdict.json", {"Origin": "https://evil.example"}, 403),
        ("DELETE", "/data/verdict.json", CROSS | {"Sec_Fetch_Mode": "cors"}, 403),
        ("POST", f"{ROOT}s3", {}, 405),
        ("GET", f"/?Action=CreateUser&UserName=x&{SIGNED_URL.format('iam')}", {}, 501),
    ],
)
def test_a_web_page_can_drive_nothing(
    emulator: RunningEmulator, asker: Asker, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Links to pages are followed from elsewhere; other names, origins and what pages embed are refused."""
    found = asker.ask(method, path, **headers)

    assert found[0] == status
    if status == 403:
        assert "verdict" not in found[2]
    if "CreateUser" in path:  # what a link can sign for is S3's
        assert "<Code>NotImplemented</Code>" in found[2]
    assert emulator.client("s3").head_object(Bucket="data", Key="verdict.json")
