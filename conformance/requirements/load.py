"""Reading the catalogue from its TOML files, and refusing one that contradicts itself."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from conformance.errors import CatalogueError
from conformance.requirements.catalogue import Catalogue, Requirement, Source
from conformance.requirements.rows import PREFIXES, requirement, source

SOURCES: Final = "sources.toml"


@cache
def catalogue() -> Catalogue:
    """Give the catalogue that comes with the suite: read once, its examples judged."""
    from conformance.exercise import exercises

    return load(exercises=exercises)


def load(
    directory: Traversable | Path | None = None,
    exercises: Callable[[Requirement], bool] | None = None,
) -> Catalogue:
    """Read the catalogue in a directory, by default the one that comes with the suite.

    `exercises` says whether the example of a requirement meets its precondition; it is asked about
    every requirement that has an example.
    Raises :class:`CatalogueError`, naming file and requirement, for the first thing that is wrong.
    """
    place: Traversable | Path = directory or files(__package__)
    sources = {key: source(SOURCES, key, table) for key, table in _read(place, SOURCES).items()}
    requirements: dict[str, Requirement] = {}
    homes: dict[str, Mapping[str, str]] = {}
    for family in PREFIXES:
        rows, homes[family] = _family(place, family, sources)
        for row in rows:
            if row.id in requirements:
                raise CatalogueError(f"{_file(row.family)}: {row.id} stands there twice")
            requirements[row.id] = row
    _check_homes(requirements, homes)
    _check_needs(requirements)
    if exercises is not None:
        for row in requirements.values():
            if row.example and not exercises(row):
                raise CatalogueError(
                    f"{_file(row.family)}: {row.id} has an example that does not show it"
                )
    return Catalogue(requirements, homes, sources)


def _file(family: str) -> str:
    return f"{family}.toml"


def _read(place: Traversable | Path, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads((place / file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{file} cannot be read: {error}") from error


def _family(
    place: Traversable | Path, family: str, sources: Mapping[str, Source]
) -> tuple[list[Requirement], Mapping[str, str]]:
    """Read the rows and the home rows of one family file."""
    file = _file(family)
    content = _read(place, file)
    unknown = sorted(content.keys() - {"homes", "requirement"})
    if unknown:
        raise CatalogueError(f"{file} has the unknown table {unknown[0]}")
    homes, rows = content.get("homes", {}), content.get("requirement", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CatalogueError(f"{file}: the requirements are no array of tables")
    if not isinstance(homes, dict) or not all(isinstance(name, str) for name in homes.values()):
        raise CatalogueError(f"{file}: homes must map methods to requirement ids")
    return [requirement(file, family, row, sources) for row in rows], homes


def _check_homes(
    requirements: Mapping[str, Requirement], homes: Mapping[str, Mapping[str, str]]
) -> None:
    for family, table in homes.items():
        for method, home in table.items():
            if home not in requirements or requirements[home].family != family:
                raise CatalogueError(
                    f"{_file(family)}: the home of {method}, {home}, is no row of it"
                )


def _check_needs(requirements: Mapping[str, Requirement]) -> None:
    for row in requirements.values():
        for need in row.needs:
            if need not in requirements:
                raise CatalogueError(f"{_file(row.family)}: {row.id} needs the unknown {need}")
    try:
        TopologicalSorter({row.id: row.needs for row in requirements.values()}).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        file = _file(requirements[circle[0]].family)
        raise CatalogueError(f"{file}: these need each other: {' -> '.join(circle)}") from error
