"""Tables and a page's content that the report tests share."""

import numpy as np
import pandas as pd
import pytest

from probesteer.report.content import ConceptText, ReportContent
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import TRUTHS

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="session")
def tables() -> Tables:
    return synthetic_tables(layers=5)


@pytest.fixture(scope="session")
def content(tables: Tables) -> ReportContent:
    svg = b'<svg width="496.8pt" height="230pt" xmlns="http://www.w3.org/2000/svg"></svg>'
    jobs = [("demo", "sentiment", "probes", 12.5, 812.0, np.nan), ("demo", None, "x", 2.5, 1e3, 0)]
    names = ["model", "concept", "stage", "wall_s", "peak_rss_mb", "peak_gpu_mb"]
    return ReportContent(
        experiment="demo",
        tables=tables,
        figures={("demo", "accuracy_by_layer"): svg, ("demo", "dose_response"): svg},
        settings={"seed": 7},
        versions={"numpy": "2.4"},
        resources=pd.DataFrame(jobs, columns=names),
        concepts={TRUTHS[0].name: ConceptText("Praise or blame.", ("blame", "praise"))},
    )
