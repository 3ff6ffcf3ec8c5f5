"""The defaults stand in the group files for people and in the schema for the library: once."""

from dataclasses import asdict
from pathlib import Path

import pytest

from probesteer.settings.compose import compose_settings
from probesteer.settings.schema import Settings

CONFIG = Path(__file__).parents[3] / "config"
GROUPS = ("split", "activations", "probe", "directions", "steering", "scale", "plot")


@pytest.mark.parametrize("group", GROUPS)
def test_the_group_files_say_what_the_schema_says(group: str) -> None:
    # The experiment tinystories changes none of the groups.
    composed = compose_settings(CONFIG, {"experiment": "tinystories"})
    assert asdict(getattr(composed, group)) == asdict(getattr(Settings(), group))
