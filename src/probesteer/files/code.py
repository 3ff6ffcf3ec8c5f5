"""Digest of the code that a stage runs, so that a change in it makes the stage run again."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_NAME = _PACKAGE.name
_TEMPLATES = (".html", ".css", ".js")
# A job's slice already holds what its settings say; their schema is not its code.
_LEFT_OUT = f"{_NAME}.settings"
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_digest(module: str) -> str:
    """SHA-256 over a module and everything of this package that it imports, directly or not.

    The syntax trees count, without docstrings: comments and formatting change nothing. Of the
    templates and style sheets beside a module every byte counts.

    Raises ValueError for a module that isn't in the package.
    """
    if _source(module) is None:
        raise ValueError(f"{module} is not a module of {_NAME}")
    reached: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _imports(name)
    digest = hashlib.sha256()
    for name in sorted(reached):
        digest.update(f"{name}\n{_tree(name)}\n".encode())
    for path in _templates(reached):
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


@cache
def _parsed(module: str) -> ast.Module:
    source = _source(module)
    assert source is not None
    return ast.parse(source.read_text(encoding="utf-8"))


@cache
def _tree(module: str) -> str:
    tree = _parsed(module)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Modules of this package that `module` imports, also inside its functions."""
    names: set[str] = set()
    for node in ast.walk(_parsed(module)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(module, node)
            names.add(origin)
            names.update(f"{origin}.{alias.name}" for alias in node.names)
    return tuple(
        name
        for name in sorted(names)
        if name.split(".")[0] == _NAME and not name.startswith(_LEFT_OUT) and _source(name)
    )


def _origin(module: str, node: ast.ImportFrom) -> str:
    """The module that an import statement names, dots in front resolved."""
    source = _source(module)
    parts = module.split(".")
    if source is not None and source.name == "__init__.py":
        parts.append("")
    above = parts[: -node.level] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def _templates(modules: Iterable[str]) -> list[Path]:
    folders = {source.parent for module in modules if (source := _source(module))}
    files = (path for folder in folders for path in folder.iterdir())
    return sorted(path for path in files if path.suffix in _TEMPLATES)


def _source(module: str) -> Path | None:
    path = _PACKAGE.parent.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
