"""Figures of toys stand in a chapter of their own, though they are of no model."""

import dataclasses
import re

from probesteer.report.content import ReportContent
from probesteer.report.page import render_report


def test_toys_have_a_chapter_and_are_of_no_model(content: ReportContent) -> None:
    names = ("accuracy_by_layer", "toy_codes", "toy_sparsity")
    figures = {("demo", name): b"<svg/>" for name in names}
    page = render_report(dataclasses.replace(content, figures=figures))
    assert page.index("Where can the concept be read?") < page.index("Toys with known truth")
    heard = re.findall(r'alt="([^"]*?)\. ', page)
    # In the order of the catalogue; only what is of a model names it.
    assert [text.endswith(" in demo") for text in heard] == [True, False, False]
    assert heard[1:] == ["Superposition against sparsity", "Codes that are not linear"]


def test_a_run_without_toys_has_no_such_chapter(content: ReportContent) -> None:
    tables = {name: table for name, table in content.tables.items() if name != "toys"}
    figures = {("demo", name): b"<svg/>" for name in ("accuracy_by_layer", "toy_codes")}
    page = render_report(dataclasses.replace(content, figures=figures, tables=tables))
    assert "Toys with known truth" not in page
