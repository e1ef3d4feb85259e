"""The profile of Data Package 2.0, which is a JSON Schema, judges the descriptor of the downloads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from judging import PROGRAMS

from tools.example_site import ExampleSite


@pytest.fixture(scope="module")
def profile() -> Any:
    """The profile as a library of the standard's authors ships it."""
    found = list(PROGRAMS.glob("lib/python*/site-packages/dplib/profiles/2.0/datapackage.json"))
    if not found:
        pytest.skip("NOT JUDGED by the profile of Data Package 2.0: it is not installed here")
    described = json.loads(found[0].read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(described)
    return validator(described, format_checker=validator.FORMAT_CHECKER)


@pytest.fixture
def descriptor(example_site: ExampleSite) -> dict[str, Any]:
    path: Path = example_site.site.editions_folder / "current" / "downloads" / "datapackage.json"
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told


def test_descriptor_has_the_profile_of_data_package(profile: Any, descriptor: dict[str, Any]) -> None:
    faults = [
        f"{list(fault.absolute_path)}: {fault.message[:300]}" for fault in profile.iter_errors(descriptor)
    ]
    assert faults == []


def test_package_to_send_figures_in_has_the_profile(profile: Any, example_site: ExampleSite) -> None:
    for indicator in ("persistent-absence", "attainment-8"):
        told = httpx.get(f"{example_site.url}/indicators/{indicator}/datapackage.json").json()
        assert [fault.message[:300] for fault in profile.iter_errors(told)] == []


def test_profile_refuses_a_resource_without_a_name(profile: Any, descriptor: dict[str, Any]) -> None:
    del descriptor["resources"][0]["name"]
    assert not profile.is_valid(descriptor)
