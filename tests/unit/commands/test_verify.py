"""`probesteer verify`: what is missing, altered, stale or unknown in a folder of results."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from probesteer.commands.command_line import main
from probesteer.files.atomic import write_text
from probesteer.files.code import code_digest
from probesteer.files.records import record_path
from probesteer.files.tables import read_table, write_table
from probesteer.settings.schema import Settings
from probesteer.settings.slices.by_stage import to_json
from probesteer.settings.slices.showing import ReportSlice
from tests.unit.commands.finished_run import (
    CACHE,
    CONCEPTS,
    MODEL,
    PROBES,
    RESULTS,
    SETTINGS,
    fit,
    flip,
    job,
    write_finished_run,
)

Verify = Callable[[], tuple[int, list[str]]]


@pytest.fixture
def verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Verify:
    """A finished experiment; the command's status and lines, without their advice."""
    monkeypatch.chdir(tmp_path)
    write_finished_run()

    def command() -> tuple[int, list[str]]:
        status = main(["verify", str(RESULTS)])
        said = capsys.readouterr()
        assert len(said.err.splitlines()) == status
        return status, [line.split(";")[0] for line in said.out.splitlines()]

    return command


def test_a_finished_run_is_as_it_was_written(verify: Verify) -> None:
    assert verify() == (0, ["8 files of 8 jobs: as they were written, and up to date"])


def test_it_may_be_moved_as_a_whole(
    verify: Verify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("results", "config", "weights"):
        shutil.move(name, moved / name)
    monkeypatch.chdir(moved)
    assert verify()[0] == 0
    shutil.rmtree("config")
    status, lines = verify()
    assert status == 0
    assert lines[:2] == [
        f"not compared: config/concept/data/{name}.csv: it is not here" for name in CONCEPTS
    ]


def test_every_flipped_byte_of_a_table_is_found(verify: Verify) -> None:
    path = PROBES["mood"]
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 12):
        flip(path, place, 1 << place % 8)
        assert verify() == (1, [f"altered: {path}: not what its job wrote"])
        path.write_bytes(whole)
    assert verify()[0] == 0


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_truncated_table(verify: Verify, kept: int) -> None:
    path = PROBES["mood"]
    path.write_bytes(path.read_bytes()[:kept])
    assert verify() == (1, [f"altered: {path}: not what its job wrote"])


def test_tables_that_were_swapped_are_named_with_each_other(verify: Verify) -> None:
    one, other = PROBES["mood"], PROBES["tense"]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert verify() == (
        1,
        [f"altered: {one}: it is what {other} was", f"altered: {other}: it is what {one} was"],
    )


def test_an_edited_value(verify: Verify) -> None:
    """Written anew by the project's own function, with the provenance that it had."""
    path = PROBES["tense"]
    write_table(path, read_table(path).assign(value=0.99), {"concept": "tense"})
    assert verify() == (1, [f"altered: {path}: not what its job wrote"])


def test_a_page_and_a_missing_table(verify: Verify) -> None:
    write_text(RESULTS / "report.html", "<p>better findings</p>")
    PROBES["mood"].unlink()
    status, lines = verify()
    assert (status, sorted(lines)) == (
        1,
        [
            f"altered: {RESULTS}/report.html: not what its job wrote",
            f"missing: {PROBES['mood']}: its job has written it",
        ],
    )


def test_what_no_job_wrote(verify: Verify) -> None:
    write_text(RESULTS / "tables/tiny/mood/extra.parquet", "x")
    write_text(RESULTS / "tables/tiny/mood/probes.parquet.0a1b2c3d.tmp", "x")
    (RESULTS / "figures").symlink_to("/etc")
    status, lines = verify()
    assert status == 1
    assert [line.split(": ")[:2] for line in lines] == [
        ["unknown", f"{RESULTS}/figures"],
        ["unknown", f"{RESULTS}/tables/tiny/mood/extra.parquet"],
        ["unknown", f"{RESULTS}/tables/tiny/mood/probes.parquet.0a1b2c3d.tmp"],
    ]


def test_a_link_in_place_of_a_file_of_equal_content(verify: Verify) -> None:
    path = PROBES["mood"]
    shutil.move(path, "elsewhere.parquet")
    path.symlink_to(Path("elsewhere.parquet").resolve())
    status, [line] = verify()
    assert status == 1
    assert line.startswith(f"altered: {path}: a link to ")


def test_a_record_that_was_edited(verify: Verify) -> None:
    record = record_path(PROBES["mood"])
    write_text(record, record.read_text().replace('"seed": 0', '"seed": 1'))
    status, lines = verify()
    assert status == 1
    assert f"altered: {record}: not a whole record of a job" in lines
    assert f"unknown: {PROBES['mood']}: no record of a job names it" in lines


def test_sources_and_files_that_were_made_again_leave_the_rest_stale(verify: Verify) -> None:
    source = Path("config/concept/data/mood.csv")
    write_text(source, "text,label\nanother,1\n")
    fit("tense", value=0.75)
    examples, page = RESULTS / "concepts/mood/examples.parquet", RESULTS / "report.html"
    status, lines = verify()
    assert (status, sorted(lines)) == (
        1,
        [
            f"stale: {examples}: {source} has changed since",
            f"stale: {page}: {PROBES['tense']} was made again since",
        ],
    )


def test_other_code_and_other_settings(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Settings(**{**vars(SETTINGS), "seed": 7})
    fit("mood", other)
    job("report", to_json(ReportSlice(SETTINGS)), [*PROBES.values()], [RESULTS / "report.html"])
    line = f"stale: {PROBES['mood']}: made with other seed than the report"
    assert verify() == (1, [line])
    fit("mood")

    def changed(module: str) -> str:
        return "0" * 64 if module.endswith(".probes") else code_digest(module)

    monkeypatch.setattr("probesteer.files.verification.code_digest", changed)
    assert verify() == (
        1,
        [f"stale: {path}: the code of stage probes has changed" for path in PROBES.values()],
    )


@pytest.mark.parametrize("name", ["resid_post.000.safetensors", "tokens.safetensors"])
def test_activations_are_what_their_manifest_says(verify: Verify, name: str) -> None:
    mine, other = CACHE["mood"] / name, CACHE["tense"] / name
    whole = mine.read_bytes()
    said = (1, [f"altered: {mine}: not as its manifest says"])
    flip(mine, -1)
    assert verify() == said
    mine.write_bytes(whole[:-1])
    assert verify() == said
    mine.write_bytes(other.read_bytes())
    assert verify() == said
    mine.unlink()
    assert verify() == (1, [f"missing: {mine}: not as its manifest says"])


def test_the_models_files(verify: Verify) -> None:
    write_text(Path("weights/config.json"), '{"a": 1}')
    assert verify() == (1, [f"altered: weights/config.json: not what {MODEL} names"])
    shutil.rmtree("weights")
    assert verify()[1][0] == "not compared: weights/config.json: it is not here"


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"digest": 1}', "[" * 10_000])
def test_a_broken_record_is_one_line(verify: Verify, content: str) -> None:
    record = record_path(RESULTS / "report.html")
    write_text(record, content)
    assert f"altered: {record}: not a whole record of a job" in verify()[1]


def test_names_steer_no_terminal(verify: Verify) -> None:
    write_text(RESULTS / "tables/\x1b[2J.parquet", "x")
    status, [line] = verify()
    assert status == 1
    assert line.isprintable()


def test_a_folder_without_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, said in ((tmp_path / "none", "no such folder"), (tmp_path, "no job left a record")):
        assert main(["verify", str(folder)]) == 1
        assert capsys.readouterr().err.startswith(f"error: {folder}: {said}")


def test_equal_jobs_leave_equal_records(verify: Verify) -> None:
    record = record_path(PROBES["mood"])
    before = record.read_bytes()
    fit("mood")
    assert record.read_bytes() == before
    assert str(Path.cwd()) not in record.read_text()
