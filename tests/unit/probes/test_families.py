"""The families of the concepts that come with the project."""

from collections import defaultdict

from probesteer.settings.compose import compose_settings
from tests.unit.settings.conftest import PROJECT

# Within a family these name label 1, whose meaning the concepts share.
NAMES = {
    "truth": {"true", "right"},
    "gender": {"female", "girl"},
    "number": {"plural"},
    "tense": {"past"},
}


def test_concepts_of_a_family_name_label_1_alike() -> None:
    concepts = sorted(path.stem for path in (PROJECT / "config/concept").glob("*.yaml"))
    settings = compose_settings(
        PROJECT / "config", {"set": f"model=demo concept=[{','.join(concepts)}]"}
    )
    found = defaultdict(set)
    for concept in settings.concept.values():
        if concept.family:
            found[concept.family].add(concept.labels[1])
    assert found == NAMES
    # A concept without a family is one of its own, by its name: none may fall into another's.
    assert all(settings.concept[name].family for name in concepts if name in found)
