"""The command line of every stage, made from the signature of its `run`."""

import argparse
import importlib
import inspect
import logging
import sys
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import reserve, written_at
from probesteer.files.records import require_as_written, write_job_record
from probesteer.settings.slices.by_stage import from_json
from probesteer.stages.interface import STAGES, InputPath, InputPaths, OutputPath, OutputPaths
from probesteer.stages.provenance import provenance_of
from probesteer.stages.resources import record_resources

_ROOM = 4096  # bytes of a log: enough to say in it that the disk is full


def main(arguments: Sequence[str]) -> int:
    """Run a stage. Returns 0, or 1 after bad input, told in one line on standard error.

    Any other failure is a fault of the program: its log keeps the traceback, after one line.
    """
    if not arguments or arguments[0] not in STAGES:
        print(f"usage: python -m probesteer {{{','.join(STAGES)}}} …", file=sys.stderr)
        return 2
    stage = arguments[0]
    module = importlib.import_module(f"probesteer.stages.{stage}")
    hints = typing.get_type_hints(module.run)
    options = _parser(stage, module.run, hints).parse_args(arguments[1:])
    try:
        _log_to(options.log)
        paths = {name: getattr(options, name) for name in _path_names(module.run)}
        settings = from_json(hints["settings"], options.settings)
        inputs = {name: path for name, path in paths.items() if _is_input(hints[name])}
        provenance = provenance_of(stage, options.settings, inputs, options.code)
        require_as_written(provenance, inputs)
        with record_resources(stage, options.resources):
            module.run(settings, provenance, **paths)
        write_job_record(provenance, inputs, _outputs(hints, paths))
    except ProbesteerError as fault:
        logging.getLogger("probesteer").error("%s", fault)
        return 1
    except Exception as fault:
        what = f"{type(fault).__name__}: {fault}".splitlines()[0]
        logging.getLogger("probesteer").exception("stage %s stopped: %s", stage, what)
        return 1
    return 0


def _parser(stage: str, run: Callable[..., None], hints: dict[str, Any]) -> argparse.ArgumentParser:
    doc = inspect.getdoc(sys.modules[run.__module__])
    parser = argparse.ArgumentParser(prog=f"python -m probesteer {stage}", description=doc)
    parser.add_argument("--settings", required=True, metavar="JSON", help="the stage's slice")
    parser.add_argument("--code", metavar="DIGEST", help="of the stage's code, where it is known")
    parser.add_argument("--log", type=Path, metavar="FILE", help="also write messages here")
    parser.add_argument("--resources", type=Path, metavar="FILE", help="record time and memory")
    for name in _path_names(run):
        several: dict[str, Any] = {"nargs": "*"} if hints[name] in (InputPaths, OutputPaths) else {}
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, required=True, type=Path, metavar="FILE", **several)
    return parser


def _path_names(run: Callable[..., None]) -> list[str]:
    parameters = inspect.signature(run).parameters.values()
    return [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]


def _is_input(hint: Any) -> bool:
    return hint is InputPath or hint is InputPaths


def _outputs(hints: dict[str, Any], paths: dict[str, Any]) -> list[Path]:
    """The files that a stage has written, in the order of its signature."""
    written: list[Path] = []
    for name, given in paths.items():
        if hints[name] is OutputPath:
            written.append(given)
        elif hints[name] is OutputPaths:
            written += given
    return written


def _log_to(path: Path | None) -> None:
    """Messages go to standard error, and into the job's own log if it has one.

    Raises ProbesteerError where the log can't be written.
    """
    logging.addLevelName(logging.ERROR, "error")
    logging.addLevelName(logging.WARNING, "warning")
    logging.addLevelName(logging.INFO, "info")
    style = "%(levelname)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, format=style, stream=sys.stderr, force=True)
    logging.getLogger("probesteer").setLevel(logging.INFO)
    if path is None:
        return
    with written_at(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()  # a link would be written through, to wherever it leads
        handler = logging.FileHandler(path, mode="w", encoding="utf-8")
        assert handler.stream is not None
        reserve(handler.stream.fileno(), _ROOM)
    handler.setFormatter(logging.Formatter(style))
    logging.getLogger().addHandler(handler)
