"""Clients and hosts that leave while something slow is going on."""
import os
import signal

import pytest

from conftest import wait_until


@pytest.fixture
def slow_compositor(folder):
    """A PATH whose sway never comes up."""
    path = os.path.join(folder, "slow")
    os.makedirs(path)
    with open(os.path.join(path, "sway"), "w", encoding="ascii") as script:
        script.write("#!/bin/sh\nexec sleep 60\n")
    os.chmod(os.path.join(path, "sway"), 0o755)
    return path + ":" + os.environ["PATH"]


def test_a_place_stays_taken_until_its_display_is_given_back(make_host, start_probe, slow_compositor):
    host = make_host("--open", "--max-sessions", "1", env={"PATH": slow_compositor})
    first = start_probe(host, "--seconds", "30", "--quit")
    assert wait_until(host.displays, 10)
    first.process.send_signal(signal.SIGINT)
    assert wait_until(lambda: "closed by the client" in host.log(), 10)
    start_probe(host, "--seconds", "30")
    assert wait_until(lambda: "waits: all streams are taken" in host.log() or len(host.displays()) > 1, 10)
    assert len(host.displays()) == 1
    host.stop()


def test_a_second_signal_does_not_wait(make_host, start_probe, slow_compositor):
    host = make_host("--open", env={"PATH": slow_compositor})
    start_probe(host, "--seconds", "30")
    # From then on the keeper cleans up; before, only the next start of a host would.
    assert wait_until(lambda: any("sleep 60" in command for _, command in host.processes()), 10)
    host.process.send_signal(signal.SIGTERM)
    assert wait_until(lambda: "ending sessions" in host.log(), 10)
    assert host.stop() == 1
    assert "leaving at once" in host.log()
    assert wait_until(lambda: not host.displays(), 10)
