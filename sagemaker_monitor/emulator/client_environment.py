"""What a client has in its environment so that all of its calls come to an emulator."""

from __future__ import annotations

from pathlib import Path

from sagemaker_monitor.emulator.certificates import authority_of

DIRECT = ("localhost", "127.0.0.1", "::1", "pypi.org", "files.pythonhosted.org")
"""Hosts that a client asks without the emulator between: this machine, and where notebooks install from."""


def environment_of(url: str, region: str, state_dir: Path) -> dict[str, str]:
    """Return the variables, and make the certificate that one of them names.

    HTTPS_PROXY and AWS_CA_BUNDLE are for the calls that ignore AWS_ENDPOINT_URL: the SageMaker SDK asks STS
    by its name. They also keep any call from reaching AWS itself. Raises OSError.
    """
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CA_BUNDLE": str(authority_of(state_dir.resolve())),
        "HTTPS_PROXY": url,
        "NO_PROXY": ",".join(DIRECT),
    }
