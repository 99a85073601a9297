"""What may stand under endpoint in a model's file: which one is watched, and what it captures."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from sagemaker_monitor.settings.fields import Expression, Name, Number, Offset, RelativeUri, Section, Text

ContentType = Literal["text/csv", "application/json", "application/jsonlines"]
CSV: ContentType = "text/csv"


class EndpointWindow(Section):
    """Which whole hours a run judges, as offsets from its scheduled time; the end is excluded."""

    start: Annotated[
        Offset, Field(description="Its first hour, such as -PT24H: a day before the scheduled time.")
    ] = timedelta(hours=-1)
    end: Annotated[
        Offset, Field(description="Its end, such as PT0H: until the hour of the scheduled time.")
    ] = timedelta(0)


class Requests(Section):
    """What captured requests look like; one request may hold several records."""

    content_type: Annotated[
        ContentType,
        Field(
            description="text/csv: features in the model's order, a record a line; application/jsonlines: a"
            " record a line; application/json: one document for all records of a request."
        ),
    ] = CSV
    features: Annotated[
        Expression | None,
        Field(
            description="JMESPath of a record's features in a line of JSON Lines, or of all records' in a"
            " JSON document, such as instances[*].features: lists in the model's order, or objects by name."
        ),
    ] = None
    record_key: Annotated[
        Expression | None,
        Field(description="JMESPath of the record key, likewise; without it the inference id is the key."),
    ] = None


class Answers(Section):
    """What captured answers look like."""

    content_type: Annotated[
        ContentType | None, Field(description="As of requests, where it is not the same.")
    ] = None
    prediction: Annotated[
        Expression | None,
        Field(
            description="JMESPath of a record's prediction in a line of JSON Lines, or of all records' in a"
            " JSON document, such as predictions[*].score; in CSV schema.prediction says where it is."
        ),
    ] = None


class Endpoint(Section):
    """A real-time endpoint that serves the model with data capture, for monitor-endpoint."""

    name: Annotated[
        Annotated[Text, Field(min_length=1, max_length=128)] | dict[Name, Text],
        Field(
            description="The endpoint's name; '{model}' and '{environment}' stand for theirs. Or a mapping"
            " from environment to name: where an environment is not in it, no endpoint is watched."
        ),
    ] = "{model}-{environment}"
    capture: Annotated[
        RelativeUri | None,
        Field(
            description="Root below which it captures, <capture>/<endpoint>/<variant>/yyyy/mm/dd/hh; by"
            " default what the endpoint itself says, which it cannot once it is deleted."
        ),
    ] = None
    variants: Annotated[
        tuple[Name, ...],
        Field(description="Variants that are judged; by default all that serve the judged version."),
    ] = ()
    window: Annotated[EndpointWindow, Field(description="Which hours a run judges.")] = EndpointWindow()
    requests: Annotated[Requests, Field(description="What captured requests look like.")] = Requests()
    answers: Annotated[Answers, Field(description="What captured answers look like.")] = Answers()
    maximum_unusable: Annotated[
        Number,
        Field(
            ge=0,
            lt=1,
            description="Share of captured requests that may be left out because they cannot be used: lines"
            " that are no records, requests without their input or answer. More is no evidence.",
        ),
    ] = 0.0

    @property
    def answer_type(self) -> ContentType:
        """The content type of answers."""
        return self.answers.content_type or self.requests.content_type

    def name_in(self, model: str, environment: str) -> str | None:
        """Return the endpoint's name in *environment*; None where none is watched there."""
        name = self.name if isinstance(self.name, str) else self.name.get(environment)
        return name and name.replace("{model}", model).replace("{environment}", environment)
