"""What `make bench` gives to programs: the JSON of two short suites. Speeds themselves are nobody's to assert."""
import json
import os
import subprocess

import pytest

from conftest import BUILD

BENCH = os.path.join(BUILD, "bench", "punktfunk-bench")


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["ninja", "-C", BUILD, "bench/punktfunk-bench"], check=True, capture_output=True)


def bench(*args):
    return subprocess.run([BENCH, *args], capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def both(built):
    """Two suites in one run, JSON on standard output."""
    done = bench("quic", "input", "--json", "-")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_report_names_machine_and_compiler(both):
    report, _ = both
    for key in ("date", "version", "compiler", "cpu", "cpu_flags"):
        assert isinstance(report[key], str), key
    assert report["compiler"].startswith(("gcc ", "clang "))
    assert report["cpu_flags"]


def test_every_row_has_median_and_spread(both):
    report, tables = both
    rows = [row for group in report["groups"] for row in group["rows"]]
    assert len(report["groups"]) == 4 and len(rows) == 16
    for row in rows:
        assert 0 < row["ns_p10"] <= row["ns"] <= row["ns_p90"], row
        assert row["name"] in tables
    for group in report["groups"]:
        assert group["title"] in tables


def test_ratios_are_of_the_medians(both):
    report, _ = both
    rows = {row["kernel"]: row for group in report["groups"] for row in group["rows"] if row["name"] == "round trip"}
    raw, quic = rows["raw UDP, 4 calls"], rows["QUIC datagram"]
    assert raw["ratios"] == {"peer": 1}
    assert quic["ratios"]["peer"] == pytest.approx(raw["ns"] / quic["ns"], rel=1e-3)
    assert quic["ns_per_packet"] == pytest.approx(quic["ns"])


def test_json_in_a_file_leaves_tables_on_standard_output(tmp_path):
    path = tmp_path / "bench.json"
    done = bench("--json", str(path), "input")
    assert done.returncode == 0
    assert "decode a mouse move" in done.stdout
    assert [g["title"] for g in json.loads(path.read_text())["groups"]] == [
        "input, datagram to backend (ns/packet: per event)", "controllers, state to report (per report)"]


def test_what_cannot_be_is_said():
    unknown = bench("nonsense")
    assert unknown.returncode == 2 and "no such suite" in unknown.stderr and "transport" in unknown.stderr
    assert bench("input", "--json").returncode == 2
    unwritable = bench("input", "--json", "/nonexistent/bench.json")
    assert unwritable.returncode == 1 and "/nonexistent/bench.json" in unwritable.stderr
