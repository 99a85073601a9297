"""A promotion: the evidence it rests on, what it brings, and what the gate of the target made of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from sagemaker_monitor.cli.render.evidence import links_table, print_evidence
from sagemaker_monitor.cli.render.text import clean, console, line
from sagemaker_monitor.registry.gate import why_closed

if TYPE_CHECKING:
    from sagemaker_monitor.operations.promotion.promote import Packed, Promoted
    from sagemaker_monitor.operations.promotion.weighing import Weighed


class Telling:
    """How one promotion is told, on standard output: as text while it goes on, or at its end as JSON."""

    def __init__(self, source: str, target: str, *, as_json: bool) -> None:
        """Tell of a promotion between these environments."""
        self._source = source
        self._target = target
        self._as_json = as_json

    def refused(self, weighed: Weighed) -> None:
        """Say that the version's evidence does not let it go there."""
        message = f"not promoted to {self._target}: {why_closed(weighed.evidence)}"
        if self._as_json:
            self._print(weighed, status=None, message=message)
            return
        screen = self._links(weighed)
        line(screen, Text(clean(message, 2000), style="bold red"))

    def planned(self, weighed: Weighed, packed: Packed, *, final: bool) -> None:
        """Show the evidence and what is brought; where nothing follows, as the result."""
        record = packed.luggage.record
        message = (
            f"{'would bring' if final else 'brings'} {len(record.files)} files, {record.size} bytes, to "
            f"{packed.to.folder}, and a version to {packed.to.group}"
        )
        if self._as_json:
            if final:
                self._print(weighed, status=None, message=message, packed=packed)
            return
        screen = self._links(weighed)
        line(screen, Text(clean(message, 2000)))

    def ended(self, weighed: Weighed, promoted: Promoted, packed: Packed | None) -> None:
        """Show the version where it went, and what the gate there made of it; not *packed*, it was there."""
        version = promoted.evidence.version
        what = "is promoted already: it is" if packed is None else "is promoted: it is"
        message = (
            f"version {weighed.evidence.version.number} of {self._source} {what} version {version.number} of "
            f"{version.group} in {self._target}; {promoted.opening.message}"
        )
        if self._as_json:
            self._print(weighed, promoted.opening.status, message, packed, promoted)
            return
        screen = console()
        print_evidence(promoted.evidence, promoted.opening)
        line(screen, Text(clean(message, 2000)))

    def _links(self, weighed: Weighed) -> Any:
        screen, version = console(), weighed.evidence.version
        title = f"{version.group} version {version.number} in {self._source}, {version.approval}"
        screen.print(links_table(title, weighed.evidence.links))
        return screen

    def _print(
        self,
        weighed: Weighed,
        status: str | None,
        message: str,
        packed: Packed | None = None,
        promoted: Promoted | None = None,
    ) -> None:
        version = promoted.evidence.version if promoted else None
        document = {
            "from": self._source,
            "to": self._target,
            "version": weighed.evidence.version.number,
            "model_package_arn": weighed.evidence.version.arn,
            "evidence": "open" if weighed.is_open else "closed",
            "links": [asdict(link) for link in weighed.evidence.links],
            "files": [asdict(each) for each in packed.luggage.record.files] if packed else None,
            "folder": packed.to.folder if packed else None,
            "written": promoted.written if promoted else 0,
            "promoted_version": version.number if version else None,
            "promoted_arn": version.arn if version else None,
            "promoted_links": [asdict(link) for link in promoted.evidence.links] if promoted else None,
            "approval": status,
            "message": message,
        }
        print(json.dumps(document, indent=2))
