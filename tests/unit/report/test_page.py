import base64
import dataclasses
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from probesteer.errors import ProbesteerError
from probesteer.figures.catalogue import entry
from probesteer.report.content import ConceptText, ReportContent
from probesteer.report.page import render_report
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import Truth

ATTACKS = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "javascript:alert(1)",
    "{{ 7 * 7 }} & </style></pre>",
)
VOID = {"meta", "img", "wbr", "br"}


class Reader(HTMLParser):
    """Collects elements, addresses, ids and text, and checks that elements nest."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "action", "srcset", "poster", "data"}:
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def closed(self) -> bool:
        return not self._open


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def page(content: ReportContent) -> str:
    return render_report(content)


def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    reader = read(page)
    assert reader.closed()
    assert reader.addresses
    assert all(
        address.startswith(("data:image/svg+xml;base64,", "#")) for address in reader.addresses
    )
    assert "script" not in reader.tags and "link" not in reader.tags
    assert "http:" not in page and "https:" not in page
    assert "url(" not in page and "@import" not in page
    assert (
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">"
    ) in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page


def test_links_lead_to_sections_of_the_page(page: str) -> None:
    reader = read(page)
    links = [address[1:] for address in reader.addresses if address.startswith("#")]
    assert set(links) <= set(reader.ids)
    assert len(set(reader.ids)) == len(reader.ids)


def test_figures_are_embedded_whole_with_caption_and_alternative(
    page: str, content: ReportContent
) -> None:
    sources = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', page)
    assert [base64.b64decode(source) for source, _ in sources] == list(content.figures.values())
    assert all(len(alternative) > 50 for _, alternative in sources)
    text = " ".join(read(page).text.split())
    assert entry("accuracy_by_layer").caption in text
    assert "Figure 2. Effect against strength." in text
    assert 'width="820" height="380" class="wide"' in page


def test_findings_come_before_figures_and_figures_before_tables(page: str) -> None:
    order = [
        page.index(mark) for mark in ("<h3>Findings", "<figure>", "<h3>Numbers", "<h3>Samples")
    ]
    assert order == sorted(order)
    text = read(page).text
    assert (
        "In demo, reading beyond the words is shown for 5 (for 5 of these beyond an untrained "
        "model too) and steering for 5 of 7."
    ) in text
    assert "Praise or blame. (blame → praise)" in text
    assert "That coin_flip can be read is not shown" in text
    assert "Layers are chosen on validation" in text
    assert "chosen among all but the last" in text
    assert "slope nats per class gap, between -0.5 and +0.5" in text
    assert "A class gap is the distance between the class means" in text


def test_further_evidence_is_folded_away_below_its_concept(page: str) -> None:
    reader = read(page)
    text = " ".join(reader.text.split())
    assert text.count("Further evidence 16 sentences") == 6
    assert text.count("Further evidence 15 sentences") == 1  # coin_flip has no family
    assert "Lines through the single test prompts" in text
    assert "When a sentence before the prompt asks for label 1" in text
    assert "It is more than labels by lot give" in text
    assert '<dd class="further"><details>' in page


def test_verdicts_have_a_badge_each_and_an_untrained_model_a_line(content: ReportContent) -> None:
    probes = content.tables["probes"].copy()
    own = (probes["concept"] == "past_tense") & (probes["method"] == "untrained")
    probes.loc[own, ["value", "low", "high"]] += 0.3
    page = render_report(dataclasses.replace(content, tables={**content.tables, "probes": probes}))
    assert '<span class="verdict words">reads words, steers</span>' in page
    assert '<span class="verdict both">reads, steers</span>' in page
    assert '<span class="verdict none">not shown</span>' in page
    assert page.count("<small>an untrained model too</small>") == 1
    assert "An untrained model of the same shape reaches this: 0.8" in page


def test_without_an_untrained_model_nothing_is_said_of_one(content: ReportContent) -> None:
    probes = content.tables["probes"].query("method != 'untrained'")
    page = render_report(dataclasses.replace(content, tables={**content.tables, "probes": probes}))
    assert '<th scope="col">untrained model' not in page
    assert "n untrained model of the same shape" not in page
    assert "reading beyond the words is shown for 5 and steering for 5 of 7." in page


def test_figures_of_what_was_not_measured_are_left_out(content: ReportContent) -> None:
    names = ("accuracy_by_layer", "transfer_matrix", "selectivity_by_layer")
    figures = {("demo", name): b"<svg/>" for name in names}
    whole = dataclasses.replace(content, figures=figures)
    assert render_report(whole).count("<figure>") == 3
    tables = {name: table for name, table in content.tables.items() if name != "transfer"}
    tables["probes"] = tables["probes"].query("metric != 'selectivity'")
    text = read(render_report(dataclasses.replace(whole, tables=tables))).text
    assert "Figure 1." in text and "Figure 2." not in text


def test_the_page_names_the_unit_of_the_tables(content: ReportContent) -> None:
    tables = {
        name: frame.assign(unit=frame["unit"].replace("gap", "norm")) if "unit" in frame else frame
        for name, frame in content.tables.items()
        if name != "directions"
    }
    figures: dict[tuple[str, str], bytes] = {}
    text = read(render_report(dataclasses.replace(content, tables=tables, figures=figures))).text
    assert "slope nats per mean norm, between -0.5 and +0.5" in text
    assert "+2 mean norms" in text
    assert "class gap" not in text


def test_the_run_is_told(page: str) -> None:
    text = read(page).text
    assert '"seed": 7' in text
    assert "numpy" in text
    assert "12.5" in text
    assert "Provenance" not in text


def test_texts_of_clusters_wrap(page: str) -> None:
    (table,) = re.findall(r'<table class="texts">.*?</table>', page, flags=re.DOTALL)
    last = re.findall(r"<td>([^<]*)</td></tr>", table)
    assert len(last) == table.count("<tr>") - 1
    assert last[0] == "sentiment resid_post 1 of cluster 7: 1"


def attacked(attack: str) -> ReportContent:
    """A page whose every text is `attack`."""
    tables = synthetic_tables([Truth(attack)], layers=1, draws=2, model=attack)
    tables["samples"] = tables["samples"].assign(prompt=attack, continuation=attack)
    clusters = tables["cluster_examples"].assign(text=attack, labels=attack)
    tables["cluster_examples"] = clusters
    jobs = pd.DataFrame({"model": [attack], "concept": attack, "stage": attack, "wall_s": 1.0})
    return ReportContent(
        experiment=attack,
        tables=tables,
        figures={(attack, attack): b"<svg/>"},
        settings={attack: attack},
        versions={attack: attack},
        resources=jobs,
        concepts={attack: ConceptText(attack, (attack, attack))},
        provenance={attack: attack},
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_text_is_escaped(attack: str, page: str) -> None:
    reader = read(render_report(attacked(attack)))
    harmless = read(render_report(attacked("harmless")))
    assert [tag for tag in reader.tags if tag != "wbr"] == harmless.tags
    assert reader.handlers == []
    assert reader.ids == harmless.ids
    assert all(address.startswith(("data:", "#")) for address in reader.addresses)
    assert reader.text.count(attack) >= 12
    assert reader.closed()


def test_several_models_have_a_section_each_and_a_table_of_verdicts(
    content: ReportContent,
) -> None:
    other = synthetic_tables([Truth("sentiment", slope=0.0)], model="other")
    tables = {name: pd.concat([content.tables[name], other[name]]) for name in other}
    page = render_report(dataclasses.replace(content, tables=tables))
    reader = read(page)
    assert {"model-1", "model-2", "model-2-findings"} <= set(reader.ids)
    assert "All models" in reader.text
    verdicts = page[page.index("All models") : page.index('id="model-1"')]
    assert verdicts.count("reads, steers") == 4
    assert verdicts.count("reads only") == 2
    assert verdicts.count("<td>–</td>") == 6


def test_probes_alone_make_a_page(content: ReportContent) -> None:
    alone = dataclasses.replace(
        content,
        tables={"probes": content.tables["probes"]},
        figures={},
        resources=content.resources.iloc[:0],
    )
    text = read(render_report(alone)).text
    assert "Steering sentiment was not measured." in text
    assert "Samples" not in text


def test_equal_content_gives_an_equal_page(content: ReportContent, page: str) -> None:
    assert render_report(content) == page


def test_a_report_without_probes_is_an_error(content: ReportContent) -> None:
    with pytest.raises(ProbesteerError, match="probes table: no rows"):
        render_report(dataclasses.replace(content, tables={}))
