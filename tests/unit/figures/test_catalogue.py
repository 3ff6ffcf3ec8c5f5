import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probesteer.errors import ProbesteerError
from probesteer.figures.catalogue import CATALOGUE, draw_figure, draw_or_note, entry
from probesteer.figures.chapters.toys import TOYS
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import clashes, drawing, words
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import TRUTHS, Truth

Tables = dict[str, pd.DataFrame]
NAMES = [figure.name for figure in CATALOGUE]
# Toys are of no concept.
OF_CONCEPTS = [figure.name for figure in CATALOGUE if figure.chapter != TOYS]
CAPTIONS = Path(__file__).parents[3] / "workflow" / "report"
UNITS = (
    "nats",
    "share",
    "cosine",
    "accuracy",
    "factor",
    "AUROC",
    "bits",
    "class difference",
    "boundaries",
    "squared error",
    "degrees",
)
OPTIONAL = [figure.name for figure in CATALOGUE if figure.shown is not None]
IN_UNITS = {
    "steering_by_method",
    "operators_by_strength",
    "operators_kept",
    "dose_response",
    "dose_response_all_tokens",
    "steering_slope_by_layer",
    "scale_sensitivity",
    "prompt_slopes",
    "off_distribution",
    "survival_by_layer",
    "entanglement",
    "boundaries_along_pushes",
}
AWKWARD = (
    Truth("past-tense-versus-present-tense-of-the-main-verb-of-the-sentence"),
    Truth("$dollar$ & <b>"),
    Truth("_under", slope=0.0),
)


@pytest.fixture(scope="module")
def one_concept() -> Tables:
    return synthetic_tables(TRUTHS[:1], layers=1, draws=2)


@pytest.fixture(scope="module")
def awkward() -> Tables:
    return synthetic_tables(AWKWARD, layers=80, steered=10, draws=2)


@pytest.fixture(scope="module")
def unknown(small_tables: Tables) -> Tables:
    """Tables in which no number is known."""
    return {
        table: holed(frame, ("value", "observed", "low", "high"), 1.0)
        for table, frame in small_tables.items()
    }


@pytest.fixture(scope="module")
def holes(small_tables: Tables) -> Tables:
    """Tables in which three numbers in ten are unknown."""
    return {
        table: holed(frame, ("value", "observed", "low"), 0.3)
        for table, frame in small_tables.items()
    }


def holed(frame: pd.DataFrame, columns: tuple[str, ...], share: float) -> pd.DataFrame:
    random = np.random.default_rng(0)
    gone = {
        column: frame[column].mask(random.random(len(frame)) < share)
        for column in columns
        if column in frame
    }
    return frame.assign(**gone)


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_labels_with_units(name: str, tables: Tables, style: FigureStyle) -> None:
    figure = draw_figure(name, tables, style)
    text = words(figure)
    assert any(unit in text for unit in UNITS)
    assert figure.get_figwidth() == style.double_width_inches


@pytest.mark.parametrize("name", OF_CONCEPTS)
def test_every_figure_draws_one_concept_in_one_column(
    name: str, one_concept: Tables, style: FigureStyle
) -> None:
    figure = draw_or_note(name, one_concept, style)
    assert figure.get_figwidth() == style.column_width_inches
    figure.draw_without_rendering()
    assert clashes(figure) == []


@pytest.mark.parametrize("name", OF_CONCEPTS)
def test_every_figure_takes_long_and_odd_names_and_many_layers(
    name: str, awkward: Tables, style: FigureStyle
) -> None:
    figure = draw_figure(name, awkward, style)
    figure.draw_without_rendering()
    assert clashes(figure) == []
    assert "$dollar$" in words(figure).replace("\n", "")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("missing", ["unknown", "holes"])
def test_every_figure_outlives_missing_numbers(
    name: str, missing: str, style: FigureStyle, request: pytest.FixtureRequest
) -> None:
    draw_figure(name, request.getfixturevalue(missing), style).draw_without_rendering()


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_table_is_an_error(name: str, tables: Tables, style: FigureStyle) -> None:
    empty = {table: frame.iloc[:0] for table, frame in tables.items()}
    with pytest.raises(ProbesteerError, match=r"no rows; run the stage"):
        draw_figure(name, empty, style)


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_a_run_need_not_measure_is_said_to_be_missing(
    name: str, small_tables: Tables, style: FigureStyle
) -> None:
    assert entry(name).measured(small_tables)
    first, *_ = entry(name).tables
    without = {table: frame for table, frame in small_tables.items() if table != first}
    empty = {**small_tables, first: small_tables[first].iloc[:0]}
    old = {**small_tables, "probes": small_tables["probes"].query("method == 'shuffled_labels'")}
    for tables in (without, empty, *([old] if first == "probes" else [])):
        assert not entry(name).measured(tables)
        said = " ".join(words(draw_or_note(name, tables, style)).split())
        assert said.endswith("not measured in this run.")


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_figure_of_no_rows_of_its_own_says_so(
    name: str, small_tables: Tables, style: FigureStyle
) -> None:
    other = {
        table: frame.assign(method="other", split="other", other="sentiment", concept="sentiment")
        for table, frame in small_tables.items()
    }
    assert re.search(
        "No .*(was|were) (measured|fitted|tried)", words(draw_figure(name, other, style))
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_report_caption_of_the_workflow_is_the_catalogues(name: str) -> None:
    written = (CAPTIONS / f"{name}.rst").read_text(encoding="utf-8")
    assert " ".join(written.split()) == entry(name).caption


def test_every_caption_of_the_workflow_has_a_figure() -> None:
    assert {path.stem for path in CAPTIONS.glob("*.rst")} == set(NAMES)


def test_captions_say_what_the_interval_is() -> None:
    assert all("nterval" in figure.caption for figure in CATALOGUE)


@pytest.mark.parametrize(
    ("name", "words_of_caption"),
    [
        ("steering_slope_by_layer", "The band is not matched to the logistic direction"),
        ("steering_slope_by_layer", "between the smallest strengths on both sides of zero"),
        (
            "effect_against_cost",
            "from the last prompt token on, the loss of the same push at every",
        ),
        ("scale_sensitivity", "no ring where it rises to the last strength tried"),
    ],
)
def test_captions_say_what_a_reader_might_take_amiss(name: str, words_of_caption: str) -> None:
    assert words_of_caption in entry(name).caption


def test_captions_name_no_unit_that_a_setting_may_change() -> None:
    for figure in CATALOGUE:
        assert not re.search(r"\bgap|sigma|mean norm|strength zero", figure.caption), figure.name


@pytest.mark.parametrize(("unit", "words_of_unit"), [("sigma", "sigma"), ("norm", "mean norm")])
@pytest.mark.parametrize("name", NAMES)
def test_axes_name_the_unit_of_the_table(
    name: str, unit: str, words_of_unit: str, small_tables: Tables, style: FigureStyle
) -> None:
    other = {
        table: frame.assign(unit=frame["unit"].replace("gap", unit)) if "unit" in frame else frame
        for table, frame in small_tables.items()
    }
    text = words(draw_figure(name, other, style))
    assert "gap" not in text
    assert (words_of_unit in text) is (name in IN_UNITS)


@pytest.mark.parametrize("name", NAMES)
def test_a_further_split_changes_no_figure(
    name: str, small_tables: Tables, style: FigureStyle
) -> None:
    more = dict(small_tables)
    for table in ("probes", "steering"):
        half = small_tables[table].query("split == 'test'")
        train = half.assign(split="train", value=9.0, low=8.0, high=10.0)
        more[table] = pd.concat([small_tables[table], train])
    drawn, expected = (drawing(draw_figure(name, made, style)) for made in (more, small_tables))
    assert drawn == expected


def test_an_unknown_figure_and_a_missing_table_are_named(style: FigureStyle) -> None:
    with pytest.raises(ProbesteerError, match="figure 'pie': no such figure"):
        entry("pie")
    with pytest.raises(ProbesteerError, match="'dose_response': needs the table 'steering'"):
        draw_figure("dose_response", {}, style)
