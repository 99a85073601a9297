"""What a client has in its environment so that all of its calls come to an emulator."""

from __future__ import annotations

import os
from pathlib import Path

import botocore

from sagemaker_monitor.emulator.certificates import authority_of

DIRECT = ("localhost", "127.0.0.1", "::1", "pypi.org", "files.pythonhosted.org")
"""Hosts that a client asks without the emulator between: this machine, and where notebooks install from."""
BUNDLE = "ca-bundle.pem"
"""The public authorities and the emulator's own, for what `requests` asks: the SDK's telemetry, pip."""


def environment_of(url: str, region: str, state_dir: Path) -> dict[str, str]:
    """Return the variables, and make the files that two of them name.

    HTTPS_PROXY and AWS_CA_BUNDLE are for the calls that ignore AWS_ENDPOINT_URL: the SageMaker SDK asks STS
    by its name. They also keep any call from reaching AWS itself. Raises OSError.
    """
    state_dir = state_dir.resolve()
    certificate = authority_of(state_dir)
    public = (Path(botocore.__file__).parent / "cacert.pem").read_bytes()
    (state_dir / BUNDLE).write_bytes(public.rstrip() + b"\n" + certificate.read_bytes())
    proxies = {"HTTPS_PROXY": url, "NO_PROXY": ",".join(DIRECT)}
    # Where a shell has both, Python's clients read the variable in lower case.
    proxies |= {name.lower(): value for name, value in proxies.items() if name.lower() in os.environ}
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CA_BUNDLE": str(certificate),
        "REQUESTS_CA_BUNDLE": str(state_dir / BUNDLE),
        **proxies,
    }
