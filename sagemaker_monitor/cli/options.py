"""Options that many commands share, and what they turn into."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from sagemaker_monitor.cli.errors import say

if TYPE_CHECKING:
    from sagemaker_monitor.aws import Aws
    from sagemaker_monitor.settings import Environment, Model

P = ParamSpec("P")
R = TypeVar("R")

_ISO = re.compile(r"P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?", re.IGNORECASE)
_SHORT = re.compile(r"(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s?)?", re.IGNORECASE)


@dataclass(frozen=True)
class Common:
    """What --conf-dir, --env and --quiet say."""

    conf_dir: Path
    env: str
    quiet: bool
    _models: dict[str, Model] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def environment(self) -> Environment:
        """The environment. Raises ConfigError."""
        from sagemaker_monitor.settings import load_environment

        return load_environment(self.env, self.conf_dir)

    def model(self, name: str) -> Model:
        """Return the model called *name*, which fits the environment. Raises ConfigError."""
        if name not in self._models:
            from sagemaker_monitor.settings import load

            self._models[name] = load(name, self.env, self.conf_dir)[0]
        return self._models[name]

    @cached_property
    def aws(self) -> Aws:
        """The environment's AWS. Raises ConfigError, WriteRefusedError."""
        from sagemaker_monitor.aws import connect

        return connect(self.environment)

    @cached_property
    def revision(self) -> str:
        """The revision of the configuration, empty where it is unknown."""
        from sagemaker_monitor.operations.revision import revision_of

        return revision_of(self.conf_dir)

    def tell(self, text: str) -> None:
        """Print a line for people, unless --quiet."""
        if not self.quiet:
            say(text)

    @property
    def again(self) -> str:
        """The options that another command needs to mean the same place."""
        conf = "" if self.conf_dir == Path("conf") else f" --conf-dir {self.conf_dir}"
        return f"--env {self.env}{conf}"


def length_of_time(ctx: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    """Return a length of time such as 90s, 10m, 1h30m or PT10M; a usage error when it is none."""
    if value is None:
        return None
    match = _ISO.fullmatch(value.strip()) or _SHORT.fullmatch(value.strip())
    d, h, m, s = (int(match[part] or 0) if match else 0 for part in "dhms")
    try:
        length = timedelta(days=d, hours=h, minutes=m, seconds=s)
    except OverflowError:
        length = timedelta()
    if not length:
        raise click.BadParameter(
            f"{value[:40]!r} is no length of time; write 90s, 10m, 1h30m or PT10M", ctx, param
        )
    return length


_COMMON = (
    click.option(
        "--conf-dir",
        type=click.Path(path_type=Path),
        default=Path("conf"),
        show_default=True,
        help="Directory with environments/ and models/.",
    ),
    click.option("--env", default="local", show_default=True, help="Environment, such as local or prod."),
    click.option("--quiet", "-q", is_flag=True, help="Print results and errors only."),
    click.option("--debug", is_flag=True, help="Print the traceback of an error."),
)


def common_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add --conf-dir, --env, --quiet and --debug; the command gets them as *common*."""

    @functools.wraps(function)
    def command(*args: Any, conf_dir: Path, env: str, quiet: bool, debug: bool, **kwargs: Any) -> R:
        del debug  # main() reads it, for errors of every kind
        return function(*args, common=Common(conf_dir, env, quiet), **kwargs)

    for option in reversed(_COMMON):
        command = option(command)
    return command


def two_environments(function: Callable[..., R]) -> Callable[..., R]:
    """Add --from, --to and the common options but --env; the command gets *source* and *target*."""

    @functools.wraps(function)
    def command(
        *args: Any, conf_dir: Path, from_env: str, to_env: str, quiet: bool, debug: bool, **kwargs: Any
    ) -> R:
        del debug  # main() reads it, for errors of every kind
        source, target = (Common(conf_dir, env, quiet) for env in (from_env, to_env))
        return function(*args, source=source, target=target, **kwargs)

    which = (
        click.option("--from", "from_env", required=True, metavar="ENV", help="Environment it comes from."),
        click.option("--to", "to_env", required=True, metavar="ENV", help="Environment it goes to."),
    )
    for option in reversed((*which, _COMMON[0], *_COMMON[2:])):
        command = option(command)
    return command


def format_option(*formats: str, default: str = "text") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return the option --format with these choices; the command gets it as *output_format*."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats or ("text", "json")),
        default=default,
        show_default=True,
        help="How to print the result.",
    )


def bundle_option(text: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return the option --bundle, which means what *text* says; the command gets it as *bundle_dir*."""
    return click.option(
        "--bundle", "bundle_dir", type=click.Path(path_type=Path), metavar="DIRECTORY", help=text
    )


model_option = click.option(
    "--model", "model_name", required=True, metavar="MODEL", help="Model, as in models/<model>.yaml."
)
version_option = click.option(
    "--version", type=click.IntRange(min=1), help="Version number; the newest by default."
)
registered_by_option = click.option(
    "--registered-by",
    metavar="PIPELINE",
    help="Believe this pipeline of your own, which embeds register, in place of the model's.",
)
timeout_option = click.option(
    "--timeout",
    callback=length_of_time,
    metavar="DURATION",
    help="Stop following after this long (exit code 4); the execution goes on.",
)
