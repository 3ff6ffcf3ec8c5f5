"""A report whose every text is a payload: a browser runs nothing and asks nobody."""

import http.server
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from probesteer.figures.catalogue import draw_or_note
from probesteer.figures.saving import save_figure
from probesteer.figures.style import FigureStyle
from probesteer.report.content import ConceptText, ReportContent
from probesteer.report.page import render_report
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import Truth

CHROMIUM = "/usr/bin/chromium"
MARK = "payload-ran"
RUN = f"document.documentElement.setAttribute('data-{MARK}','1');document.title='{MARK}'"


def payloads(address: str) -> tuple[str, ...]:
    """Texts that run or load something where a page doesn't escape them."""
    return (
        f"<script>{RUN}</script>",
        f'"><img src=x onerror="{RUN}">',
        f"</style></pre></svg><svg onload={RUN!r}>",
        f"<img src='{address}/img'><link rel=stylesheet href='{address}/css'>",
        f"<iframe src='{address}/frame'></iframe><base href='{address}/'>",
        f"<meta http-equiv=refresh content='0;url={address}/refresh'>",
        f"@import url({address}/import); </title><script src={address}/js></script>",
        "{{ cycler.__init__.__globals__.os.system('true') }}{% raw %}",
        f"\u202e<!-- ]]> --><![CDATA[<script>{RUN}</script>]]>",
    )


class Tags(HTMLParser):
    """Elements, event handlers and addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.handlers: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        for name, value in attrs:
            if name.startswith("on"):
                self.handlers.add(name)
            if name in {"src", "href", "action", "srcset", "poster", "data", "style", "content"}:
                self.addresses.add((value or "").strip())


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and the paths that were asked of it."""
    paths: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def report(asked: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, with a figure that was drawn from a table of the same texts."""
    folder = tmp_path_factory.mktemp("report")
    texts = payloads(asked[0])
    truths = [Truth(text) for text in texts]
    tables = synthetic_tables(truths, layers=1, draws=2, model=texts[0])
    rows = len(tables["samples"])
    many = [texts[place % len(texts)] for place in range(rows)]
    tables["samples"] = tables["samples"].assign(prompt=many, continuation=many[::-1])
    clusters = tables["cluster_examples"]
    many = [texts[place % len(texts)] for place in range(len(clusters))]
    tables["cluster_examples"] = clusters.assign(text=many, labels=many[::-1])
    style = FigureStyle()
    save_figure(
        draw_or_note("accuracy_by_layer", tables, style), folder, "accuracy_by_layer", style
    )
    drawn = (folder / "accuracy_by_layer.svg").read_bytes()
    jobs = pd.DataFrame({"model": texts, "concept": texts, "stage": texts, "wall_s": 1.0})
    content = ReportContent(
        experiment=texts[0],
        tables=tables,
        figures={(texts[0], "accuracy_by_layer"): drawn},
        settings={text: text for text in texts},
        versions={text: text for text in texts},
        resources=jobs,
        concepts={text: ConceptText(text, (text, text)) for text in texts},
        provenance={text: text for text in texts},
    )
    path = folder / "report.html"
    path.write_text(render_report(content), encoding="utf-8")
    return path


def test_no_text_becomes_an_element(report: Path) -> None:
    page = Tags()
    page.feed(report.read_text(encoding="utf-8"))
    assert not page.names & {"script", "iframe", "link", "base", "object", "embed", "form", "svg"}
    assert page.handlers == set()
    outside = {one for one in page.addresses if re.search(r"(?i)https?:|javascript:|url\(", one)}
    assert outside == set()


def test_no_text_becomes_an_element_of_a_figure(report: Path) -> None:
    drawn = Tags()
    drawn.feed((report.parent / "accuracy_by_layer.svg").read_text(encoding="utf-8"))
    assert not drawn.names & {"script", "iframe", "image", "img", "foreignobject", "a", "link"}
    assert drawn.handlers == set()


@pytest.mark.slow
@pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason=f"needs a browser at {CHROMIUM}: apt-get install chromium"
)
def test_a_browser_runs_and_loads_nothing(
    report: Path, asked: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, paths = asked
    dumped = browse(report, tmp_path / "report")
    assert f"data-{MARK}" not in opening(dumped)
    assert f"<title>{MARK}" not in dumped
    assert paths == []
    # The same texts without escaping do run and load: the browser would have shown it.
    bare = tmp_path / "bare.html"
    bare.write_text(
        f"<!DOCTYPE html><html><body><script>{RUN}</script><img src='{address}/img'></body></html>"
    )
    assert f"data-{MARK}" in opening(browse(bare, tmp_path / "bare"))
    assert paths == ["/img"]


def opening(dumped: str) -> str:
    """The tag `<html …>`."""
    found = re.search(r"<html[^>]*>", dumped)
    assert found is not None
    return found.group()


def browse(page: Path, profile: Path) -> str:
    """The page's elements after it was loaded."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu"]
    command += [f"--user-data-dir={profile}", "--virtual-time-budget=2000", "--dump-dom"]
    done = subprocess.run(
        [*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    shutil.rmtree(profile, ignore_errors=True)
    return done.stdout
