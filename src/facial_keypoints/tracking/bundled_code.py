"""Which of the project's source files a module needs, itself included: a logged model carries them and nothing else."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import facial_keypoints

PACKAGE = Path(facial_keypoints.__file__).parent


def bundle(module: str, folder: Path) -> Path:
    """Copy what `facial_keypoints.<...>` needs below `folder`; the copy of the package."""
    for file in sorted(needed_files(module)):
        copy = folder / file.relative_to(PACKAGE.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    return folder / PACKAGE.name


def needed_files(module: str) -> set[Path]:
    """Source files of the package that importing `module` may need, wherever in the code it says so."""
    needed: set[Path] = set()
    waiting = set(_files_of(module))
    while waiting:
        file = waiting.pop()
        needed.add(file)
        for name in _imported(ast.parse(file.read_text()).body):
            waiting |= set(_files_of(name)) - needed
    return needed


def _files_of(module: str) -> Iterator[Path]:
    """The file of a module or package of ours and those of the packages around it; none of anything else."""
    names = module.split(".")
    for depth in range(1, len(names) + 1) if names[0] == PACKAGE.name else ():
        path = PACKAGE.parent.joinpath(*names[:depth])
        yield from (file for file in (path / "__init__.py", path.with_suffix(".py")) if file.is_file())


def _imported(body: list[ast.stmt]) -> Iterator[str]:
    """Names of what statements import, at any depth, but not for type checkers alone."""
    for statement in body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
