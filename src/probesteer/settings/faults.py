"""What Hydra, OmegaConf and YAML find wrong, as one line that names the key or the file."""

import dataclasses
from pathlib import Path

import yaml
from hydra.errors import MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from probesteer.errors import ProbesteerError


def settings_error(fault: Exception, config_folder: Path, prefix: str = "") -> ProbesteerError:
    """The one-line error for `fault`; prefix: where its keys stand, such as "model.gpt2."."""
    if isinstance(fault, OverrideParseException):
        return _error(f"{fault.override!r} is not understood; write KEY=VALUE, a list as [a,b]")
    if isinstance(fault, MissingConfigException) and fault.missing_cfg_file:
        return missing_file(config_folder, str(fault.missing_cfg_file))
    chain = _chain(fault)
    for cause in chain:
        if isinstance(cause, OmegaConfBaseException) and cause.full_key:
            return _error(_of_key(cause, prefix))
    return _error(_broken_file(config_folder) or _first_line(fault))


def _chain(fault: BaseException) -> list[BaseException]:
    """A fault and what led to it, back to the first; each once.

    OmegaConf makes some faults their own cause where a debugger or a measure of coverage looks on,
    or OC_CAUSE=1 is set.
    """
    chain: list[BaseException] = []
    ahead: list[BaseException | None] = [fault]
    while ahead:
        link = ahead.pop()
        if link is not None and all(link is not earlier for earlier in chain):
            chain.append(link)
            ahead += [link.__context__, link.__cause__]
    return chain


def missing_file(config_folder: Path, name: str) -> ProbesteerError:
    """The error for a group file, such as "model/gpt2", that isn't there."""
    group = Path(name).parent
    known = sorted(file.stem for file in (config_folder / group).glob("*.yaml"))
    return _error(
        f"there is no config/{name.removesuffix('.yaml')}.yaml; known: {', '.join(known)}"
    )


def _of_key(fault: OmegaConfBaseException, prefix: str) -> str:
    key = f"{prefix}{fault.full_key}"
    kind = fault.object_type
    if isinstance(fault, ConfigKeyError | ConfigAttributeError) and dataclasses.is_dataclass(kind):
        known = ", ".join(entry.name for entry in dataclasses.fields(kind))
        return f"{key}: unknown key; use one of {known}"
    return f"{key}: {_first_line(fault)}"


def _broken_file(config_folder: Path) -> str:
    """Which file of `config_folder` can't be read as YAML, and why; empty where all can."""
    for path in sorted(config_folder.rglob("*.yaml")):
        shown = Path(config_folder.name) / path.relative_to(config_folder)
        try:
            OmegaConf.load(path)
        except yaml.MarkedYAMLError as fault:
            line = f" line {fault.problem_mark.line + 1}:" if fault.problem_mark else ""
            return f"{shown}:{line} {fault.problem}; correct the YAML"
        # ValueError: bytes that are no UTF-8, or a number of thousands of digits.
        except (yaml.YAMLError, ValueError) as fault:
            return f"{shown}: {_first_line(fault)}; write it as UTF-8 YAML"
        except RecursionError:
            return f"{shown}: nested without end; write keys and values"
        except (OmegaConfBaseException, OSError) as fault:
            return f"{shown}: {_first_line(fault)}; write keys and values"
    return ""


def _first_line(fault: BaseException) -> str:
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return lines[0] if lines else type(fault).__name__


def _error(message: str) -> ProbesteerError:
    return ProbesteerError(f"config: {message}")
