"""Probes come back from their file as they went in."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.probe import LogisticProbe
from probesteer.probes.storage import read_probes, write_probes


def some_probes() -> dict[Place, LogisticProbe]:
    generator = np.random.default_rng(0)
    places = [Place("resid_pre", 0), Place("resid_post", 11), Place("resid_post", 2)]
    return {
        place: LogisticProbe(generator.standard_normal(8), generator.standard_normal(), 0.1, flag)
        for place, flag in zip(places, [True, False, True], strict=True)
    }


def test_round_trip_is_exact_and_keeps_the_order(tmp_path: Path) -> None:
    probes = some_probes()
    write_probes(tmp_path / "probes.safetensors", probes, {"model": "m"})
    back = read_probes(tmp_path / "probes.safetensors")
    assert list(back) == list(probes)
    for place, probe in probes.items():
        assert back[place].coefficient.dtype == np.float64
        assert back[place].coefficient.tobytes() == probe.coefficient.tobytes()
        assert back[place].intercept == probe.intercept
        assert (back[place].C, back[place].converged) == (probe.C, probe.converged)


def test_equal_probes_give_equal_bytes_with_their_provenance(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_probes(tmp_path / name, some_probes(), {"model": "m", "seed": 0})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with safe_open(tmp_path / "one", framework="numpy") as opened:
        metadata = opened.metadata()
        assert sorted(opened.keys()) == ["resid_post.002", "resid_post.011", "resid_pre.000"]
    assert json.loads(metadata["probesteer"])["provenance"] == {"model": "m", "seed": 0}


def test_a_missing_or_foreign_file_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProbesteerError, match=r"absent: missing"):
        read_probes(tmp_path / "absent")
    (tmp_path / "foreign").write_bytes(b"not safetensors")
    with pytest.raises(ProbesteerError, match=r"foreign: not a whole safetensors file"):
        read_probes(tmp_path / "foreign")
