"""The emulator as a process of its own, in the foreground: `python -m sagemaker_monitor.emulator`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from sagemaker_monitor.emulator.config import DEFAULT_PORT, EmulatorConfig
from sagemaker_monitor.emulator.connections import allow_files
from sagemaker_monitor.emulator.front import log
from sagemaker_monitor.emulator.functions.registry import FunctionError, functions_of
from sagemaker_monitor.emulator.jobs.images import RegistryError, registry_of
from sagemaker_monitor.emulator.server import Server, ServerError, is_loopback

CANNOT = 3
USAGE = 2


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns 0, or 3 when it cannot listen or keep its state."""
    options = _parser().parse_args(arguments)
    if not is_loopback(options.host) and not options.allow_remote:
        print(
            f"{options.host} is not loopback: anybody who reaches it could run code here; use 127.0.0.1, "
            "or say --allow-remote",
            file=sys.stderr,
        )
        return USAGE
    try:
        images = registry_of(options.images, options.image)
        functions = functions_of(options.lambdas, options.functions)
    except (RegistryError, FunctionError) as error:
        print(error, file=sys.stderr)
        return USAGE
    config = EmulatorConfig(
        options.state_dir,
        options.host,
        options.port,
        options.account,
        options.region,
        images,
        options.fire_schedules,
        functions,
    )
    return run(config)


def run(config: EmulatorConfig, ready: Callable[[], None] = lambda: None) -> int:
    """Serve in this process until SIGTERM or SIGINT, calling *ready* once it answers; return like `main`."""
    allow_files()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        server = Server(config)
    except ServerError as error:
        print(error, file=sys.stderr)
        return CANNOT
    with server:
        log(f"listening on {server.url}, state in {server.config.state_dir}")
        ready()
        stopped.wait()
    log("stopped")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sagemaker_monitor.emulator", description=__doc__)
    parser.add_argument(
        "--state-dir", type=Path, required=True, help="made if need be; deleting it is the reset"
    )
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="0 for any free one (default: %(default)s)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--account", type=_account, default="000000000000", help="twelve digits")
    parser.add_argument(
        "--region", default="us-east-1", help="of requests that name none (default: %(default)s)"
    )
    parser.add_argument(
        "--allow-remote", action="store_true", help="listen on an address that is not loopback"
    )
    parser.add_argument(
        "--images", type=Path, metavar="FILE", help='JSON: {"repository": "command"} for images of your own'
    )
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="REPOSITORY=COMMAND",
        help="run COMMAND in place of an image; may be given several times",
    )
    parser.add_argument(
        "--lambdas", type=Path, metavar="FILE", help='JSON: {"name": "file.py:function"} for Lambda functions'
    )
    parser.add_argument(
        "--lambda",
        dest="functions",
        action="append",
        default=[],
        metavar="NAME=FILE.py:FUNCTION",
        help="run the Python callable in place of a Lambda function; may be given several times",
    )
    parser.add_argument(
        "--fire-schedules",
        action="store_true",
        help="run every monitoring schedule once when it is made, so that nobody waits for the hour",
    )
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")
    return int(text)


def _account(text: str) -> str:
    if len(text) != 12 or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not an account, twelve digits")
    return text


if __name__ == "__main__":
    sys.exit(main())
