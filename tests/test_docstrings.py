"""The examples in docstrings are true, in every package."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import api
import compare
import ingest
import publish
import schemas

PACKAGES = (schemas, ingest, compare, publish, api)
MODULES = sorted(
    name
    for package in PACKAGES
    for name in (
        package.__name__,
        *(module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")),
    )
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    assert sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES) > 60
