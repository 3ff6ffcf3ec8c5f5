"""The report: one page that needs no other file, no network and no script."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from probesteer.figures.catalogue import CATALOGUE
from probesteer.figures.places import axis_label
from probesteer.figures.rows import matching
from probesteer.figures.units import meaning, per, span
from probesteer.report.compact_table import CompactTable
from probesteer.report.compact_tables import compact_tables
from probesteer.report.content import ConceptText, ReportContent
from probesteer.report.evidence_sentences import evidence_sentences
from probesteer.report.finding import VERDICTS, Finding
from probesteer.report.findings import findings_of
from probesteer.report.geometry_claims import geometry_tables
from probesteer.report.numbers import interval, number, p_value
from probesteer.report.resources import resource_table
from probesteer.report.samples import PromptSamples, samples_of
from probesteer.report.scale_sentences import scale_sentences
from probesteer.report.sentences import reading_sentence, steering_sentence
from probesteer.report.side_effect_sentences import side_effect_sentences

_FOLDER = Path(__file__).parent
_PIXELS_PER_POINT = 1.65  # a printed figure's type is too small for a screen at its own size


@dataclass(frozen=True)
class PageFigure:
    """A figure on the page."""

    title: str
    caption: str
    alternative: str
    """What a reader hears instead of the picture."""

    source: str
    """data: address of the SVG."""

    width: int | None
    height: int | None
    """Size on the screen in pixels, where the SVG tells its own."""


@dataclass(frozen=True)
class Chapter:
    """Figures that answer one question."""

    title: str
    figures: list[PageFigure]


@dataclass(frozen=True)
class ModelSection:
    """All that the page says of one model."""

    name: str
    findings: list[Finding]
    chapters: list[Chapter]
    claims: list[CompactTable]
    """Of the geometry, a table a text."""

    tables: list[CompactTable]
    samples: dict[str, list[PromptSamples]]
    real: bool
    """Whether any concept's labels are real numbers."""

    untrained: bool
    """Whether an untrained model was tried on any concept."""

    beyond_untrained: int
    """How many concepts are read beyond the words and beyond the untrained model."""

    slope_unit: str
    """What the slopes of the findings are in, and between which strengths they were taken."""

    unit_meaning: str


def render_report(content: ReportContent) -> str:
    """The page as HTML. Every text of `content` is escaped.

    Raises ProbesteerError where there are no probes to report on.
    """
    findings = findings_of(content.tables)
    models = list(dict.fromkeys(finding.model for finding in findings))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["reading"] = reading_sentence
    environment.filters["steering"] = steering_sentence
    environment.filters["evidence"] = partial(_further, content.tables)
    environment.filters["unbroken"] = _unbroken
    environment.filters["number"] = number
    environment.filters["p_value"] = p_value
    environment.filters["joints"] = _joints
    environment.filters["axis_label"] = axis_label
    environment.globals["interval"] = interval
    environment.globals["looks"] = VERDICTS
    template = environment.get_template("page.html")
    return template.render(
        experiment=content.experiment,
        models=[_section(content, model, findings) for model in models],
        verdicts={(finding.model, finding.concept): finding.verdict for finding in findings},
        concepts=_described(content, findings),
        settings=_json(content.settings),
        versions=dict(content.versions),
        resources=resource_table(content.resources),
        provenance=_json(content.provenance) if content.provenance else None,
        style=Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),  # our own file
    )


def _further(tables: Mapping[str, pd.DataFrame], finding: Finding) -> list[str]:
    """Everything else that was tried, in words."""
    of_finding = [*evidence_sentences(finding), *side_effect_sentences(finding)]
    return [*of_finding, *scale_sentences(tables, finding)]


def _section(content: ReportContent, model: str, findings: list[Finding]) -> ModelSection:
    own = [finding for finding in findings if finding.model == model]
    steered = next((finding for finding in own if finding.steer_place), own[0])
    return ModelSection(
        name=model,
        findings=own,
        chapters=_chapters(content, model),
        claims=geometry_tables(content.tables, model, own),
        tables=compact_tables(content.tables, model),
        samples=samples_of(content.tables.get("samples"), model),
        real=any(finding.metric == "r2" for finding in own),
        untrained=any(finding.beyond_untrained is not None for finding in own),
        beyond_untrained=sum(finding.reads and bool(finding.beyond_untrained) for finding in own),
        slope_unit=f"{per(steered.unit)}, {span(steered.slope_step)}",
        unit_meaning=meaning(steered.unit),
    )


def _described(content: ReportContent, findings: list[Finding]) -> dict[str, ConceptText | None]:
    """What is known of each concept that has a finding, in their order."""
    return {finding.concept: content.concepts.get(finding.concept) for finding in findings}


def _chapters(content: ReportContent, model: str) -> list[Chapter]:
    """The model's figures in the order of the catalogue; those it does not know come last.

    Left out are those that show what this model was not measured on.
    """
    figures = content.figures
    own = {
        name: matching(table, model=model) if "model" in table else table
        for name, table in content.tables.items()
    }
    chapters: dict[str, list[PageFigure]] = {}
    known = {figure.name for figure in CATALOGUE}
    for figure in CATALOGUE:
        if (model, figure.name) in figures and figure.measured(own):
            svg = figures[model, figure.name]
            of_model = all("model" in own[name] for name in figure.tables if name in own)
            shown = _figure(svg, figure.title, figure.caption, model if of_model else None)
            chapters.setdefault(figure.chapter, []).append(shown)
    for (owner, name), svg in figures.items():
        if owner == model and name not in known:
            shown = _figure(svg, name.replace("_", " "), "", model)
            chapters.setdefault("More figures", []).append(shown)
    return [Chapter(title, group) for title, group in chapters.items()]


def _figure(svg: bytes, title: str, caption: str, model: str | None) -> PageFigure:
    """model: None where the figure is of no model, but of the run."""
    size = re.search(rb'<svg[^>]*?\swidth="([\d.]+)pt"|$', svg[:4000])
    tall = re.search(rb'<svg[^>]*?\sheight="([\d.]+)pt"|$', svg[:4000])
    width, height = (
        round(float(found[1]) * _PIXELS_PER_POINT) if found and found[1] else None
        for found in (size, tall)
    )
    place = title if model is None else f"{title} in {model}"
    return PageFigure(
        title=title,
        caption=caption,
        alternative=f"{place}. {caption} The numbers are in the tables below.",
        source="data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii"),
        width=width,
        height=height,
    )


def _unbroken(text: str) -> str:
    """Keep both ends of an interval on one line, and a number with its deviation or its name."""
    for joint in (" ± ", "p = ", "AUROC "):
        text = text.replace(joint, joint.replace(" ", "\N{NO-BREAK SPACE}"))
    return re.sub(r"(\d), (?=-?\d)", "\\1,\N{NO-BREAK SPACE}", text)


def _joints(name: str) -> Markup:
    """A name, escaped, that may break after `_`, `-`, `/` and `.`."""
    return Markup("<wbr>").join(re.split(r"(?<=[_\-/.])(?=\w)", name))


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
