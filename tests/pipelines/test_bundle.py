"""The bundle: offline, complete, and the same bytes every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.bundle import Bundle, BundleError
from tests.pipelines.conftest import loans

BUILD = """
import socket, sys
def refuse(*_): raise AssertionError("a socket was opened")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from pathlib import Path
from pipelines.catalog import build_bundle
from tests.pipelines.conftest import environment, loans
build_bundle(loans(), environment()).write(Path(sys.argv[1]))
"""


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def test_building_again_elsewhere_gives_the_same_bytes_without_network_or_credentials(
    bundle: Bundle, tmp_path: Path
) -> None:
    """Another process, hash seed, time zone and home, with sockets forbidden, builds the same bytes."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path / "there")],
        check=True,
        cwd=Path(__file__).parents[2],
        env={**clean, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "HOME": str(tmp_path), "PYTHONPATH": "."},
    )
    bundle.write(tmp_path / "here")

    assert files(tmp_path / "here") == files(tmp_path / "there")


def test_a_bundle_reads_back_as_it_was_written(bundle: Bundle, tmp_path: Path) -> None:
    """What write() leaves on disk is the whole bundle."""
    bundle.write(tmp_path)

    assert bundle == Bundle.read(tmp_path)


def test_every_asset_is_addressed_by_what_it_says(bundle: Bundle) -> None:
    """Each asset's URI carries its SHA-256 and ends with the file name that a container needs."""
    names = {asset.name for asset in bundle.assets}

    scripts = {"inputs.py", "collect.py", "join.py", "decide.py", "decision.zip"}
    scripts |= {"collect_endpoint.py", "collect.zip", "join.zip"}

    assert names == {"analysis_config.json", "spec.json", *scripts}
    assert all(asset.uri.endswith(f"/assets/{asset.sha256}/{asset.name}") for asset in bundle.assets)


def test_every_s3_file_in_a_definition_is_an_asset_or_made_by_the_run(bundle: Bundle) -> None:
    """No definition refers to a key that the SDK would have uploaded by itself."""
    uris = {asset.uri for asset in bundle.assets}
    for pipeline in bundle.pipelines:
        literal = {uri for uri in strings(json.loads(pipeline.definition)) if uri.startswith("s3://")}
        files_named = {uri for uri in literal if uri.endswith((".json", ".py", ".zip"))}

        assert files_named <= uris


def test_a_changed_facet_changes_the_definition(bundle: Bundle) -> None:
    """Clarify's configuration is part of what is compared: the SDK's own definition would not change."""
    from pipelines.catalog import build_bundle
    from tests.pipelines.conftest import environment

    other = loans(monitors={"bias": {"facets": [{"name": "sex", "values": [0]}]}})

    assert (
        bundle.pipeline("register").definition
        != build_bundle(other, environment()).pipeline("register").definition
    )


def test_an_altered_bundle_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    """A definition edited after the build does not pass for the build."""
    bundle.write(tmp_path)
    path = tmp_path / "loans-register-prod.json"
    path.write_text(path.read_text().replace('"FailOnViolation"', '"FailOnViolations"', 1))

    with pytest.raises(BundleError, match="altered after it was built"):
        Bundle.read(tmp_path)


def test_a_folder_without_a_bundle_says_how_to_make_one(tmp_path: Path) -> None:
    """The message names the missing file and the command."""
    with pytest.raises(BundleError, match=r"bundle\.json is missing; write one with build -o"):
        Bundle.read(tmp_path)


def strings(node: Any) -> list[str]:
    match node:
        case str():
            return [node]
        case dict():
            return [text for value in node.values() for text in strings(value)]
        case list():
            return [text for value in node for text in strings(value)]
        case _:
            return []
