"""The ``tocsin`` command: what it was asked is carried out, and what is wrong is told."""

import os
import sys
from typing import Any

from cyclopts import CycloptsError

import cli.commands.configuration
import cli.commands.deployment
import cli.commands.events  # noqa: F401 - each command puts itself into the application
from cli import console
from cli.app import app
from cli.console import Failed
from shared.domain.errors import Conflict, MessageError, NotFound, TocsinError


def main() -> int:
    """Runs what the command line says; the exit code."""
    return run(sys.argv[1:])


def run(arguments: list[str]) -> int:
    try:
        code = int(app(arguments, exit_on_error=False, print_error=True) or 0)
        sys.stdout.flush()  # or a reader that is gone is noticed only after the exit code
        return code
    except CycloptsError:
        return console.WRONG_USAGE
    except Failed as fault:
        return _fail(fault.lines, fault.code)
    except MessageError as fault:
        return _fail(fault.errors)
    except Conflict as fault:
        return _fail([f"{fault}: look at what is in force now, and apply again"])
    except NotFound as fault:
        return _fail([str(fault)], console.WRONG_USAGE)
    except TocsinError as fault:
        return _fail([str(fault)])
    except BrokenPipeError:  # who reads has seen enough; what is still to be flushed goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return console.HOLDS
    except OSError as fault:
        return _fail([f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault)])
    except KeyboardInterrupt:
        return _fail(["interrupted"], 130)


def _fail(lines: Any, code: int = console.AT_FAULT) -> int:
    for line in lines:
        console.complain(line)
    return code


if __name__ == "__main__":
    sys.exit(main())
