"""Digests: SHA-256 as published, and equal for equal values."""

import hashlib
from pathlib import Path

from probesteer.files.digests import canonical_json, file_digest, json_digest

# FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_files_digest_is_sha_256_also_past_one_block(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert file_digest(path) == ABC
    content = bytes(range(256)) * 8192  # two blocks
    path.write_bytes(content + b"x")
    assert file_digest(path) == hashlib.sha256(content + b"x").hexdigest()


def test_canonical_json_sorts_keys_at_every_depth() -> None:
    value = {"b": [1, {"d": None, "c": "é"}], "a": 0.1}
    assert canonical_json(value) == '{"a":0.1,"b":[1,{"c":"é","d":null}]}'


def test_equal_values_give_equal_digests_and_others_do_not() -> None:
    assert json_digest({"a": 1, "b": 2}) == json_digest({"b": 2, "a": 1})
    distinct = [{"a": 1}, {"a": "1"}, {"a": 1.5}, {"a": [1]}, {"b": 1}, [], {}, None, ""]
    assert len({json_digest(value) for value in distinct}) == len(distinct)
