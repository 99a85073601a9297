"""Which revision of the configuration this is: the commit, and whether it was changed since."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

BUILD_VARIABLES = ("CODEBUILD_RESOLVED_SOURCE_VERSION", "GITHUB_SHA", "CI_COMMIT_SHA")
"""Where builds say the commit they build, also where they have no repository."""
_PATIENCE = 10


def revision_of(folder: Path) -> str:
    """Return the commit that *folder* is checked out from, `+changes` behind it where files of it differ.

    Empty where there is no repository, and no build that says it.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return next((os.environ[name] for name in BUILD_VARIABLES if os.environ.get(name)), "")
    changed = _git(folder, "status", "--porcelain", "--", ".")
    return f"{commit}+changes" if changed else commit


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
