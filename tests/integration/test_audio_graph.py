"""Sound of a real PipeWire graph, as the host captures it."""
import json
import os
import shutil
import signal
import subprocess

import pytest

from conftest import HOST, wait_until
from sound import POSITIONS, Graph

SINK = "punktfunk-probe"
TONES = [400, 500, 600, 700, 800, 900, 1000, 1100]


@pytest.fixture(name="graph")
def fresh_graph():
    with Graph() as graph:
        shutil.copy(HOST, os.path.join(graph.folder, "punktfunk-host"))
        yield graph


class Listening:
    """probe-audio in the background."""

    def __init__(self, graph, *args, seconds=4):
        self.process = graph.run_background(
            os.path.join(graph.folder, "punktfunk-host"), "probe-audio", "--json", "--seconds", str(seconds), *args,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def result(self):
        out, err = self.process.communicate(timeout=60)
        assert out, err
        answer = json.loads(out)
        assert self.process.returncode == (0 if answer["live"] else 1)
        return answer


def frequencies(answer):
    """To the nearest hundred: a machine without real-time threads may miss a cycle in what is measured."""
    return [round(c["hz"], -2) for c in answer["channels"]]


def captured(graph, sink):
    return any(link[0] == sink and link[2] == "punktfunk-capture" for link in graph.links())


@pytest.mark.parametrize("channels", [2, 6, 8])
def test_every_channel_arrives_where_it_belongs(graph, channels):
    graph.wav(TONES[:channels])
    listening = Listening(graph, "--channels", str(channels))
    assert wait_until(lambda: captured(graph, SINK), 10)
    props = graph.nodes()[SINK]
    assert props["media.class"] == "Audio/Sink"
    assert props["node.description"] == "Punktfunk Probe"
    assert props["audio.position"].strip("[] ").split() == POSITIONS[:channels]
    graph.play_tone(TONES[:channels], SINK)
    answer = listening.result()
    assert frequencies(answer) == TONES[:channels]
    # Not resampled and not mixed: as loud as it was played.
    assert [round(c["peak"], 4) for c in answer["channels"]] == [0.25] * channels
    assert answer["lost_frames"] == 0
    assert answer["opened"] == 1


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_the_graph_runs_at_the_rate_that_was_asked(graph, rate):
    answer = Listening(graph, "--rate", str(rate), seconds=1).result()
    assert answer["rate_hz"] == rate
    assert 0 < answer["quantum_frames"] <= rate // 200


def test_a_sink_that_nobody_claims_does_not_become_the_default(graph):
    graph.add_sink("device")
    assert wait_until(lambda: graph.default("sink") == "device", 5)
    listening = Listening(graph, seconds=2)
    assert wait_until(lambda: captured(graph, SINK), 10)
    assert graph.default("sink") == "device"
    listening.result()


def test_it_comes_back_with_the_daemon(graph):
    graph.wav(TONES[:2])
    listening = Listening(graph, seconds=10)
    assert wait_until(lambda: captured(graph, SINK), 10)
    graph.restart()
    assert wait_until(lambda: captured(graph, SINK), 8)
    graph.play_tone(TONES[:2], SINK)
    answer = listening.result()
    assert answer["live"]
    assert answer["opened"] == 2
    assert frequencies(answer) == TONES[:2]


def test_without_a_daemon_it_says_what_would_help(graph):
    graph.stop_daemons()
    answer = Listening(graph, seconds=1).result()
    assert not answer["live"]
    assert "systemctl --user start pipewire" in answer["reason"]


def test_a_daemon_that_hangs_holds_nothing_up(graph):
    listening = Listening(graph, seconds=3)
    assert wait_until(lambda: captured(graph, SINK), 10)
    graph.daemons["pipewire"].send_signal(signal.SIGSTOP)
    try:
        listening.result()
    finally:
        graph.daemons["pipewire"].send_signal(signal.SIGCONT)


def test_the_sink_goes_when_the_host_is_killed(graph):
    listening = Listening(graph, seconds=60)
    assert wait_until(lambda: captured(graph, SINK), 10)
    listening.process.kill()
    listening.process.wait()
    assert wait_until(lambda: SINK not in graph.nodes(), 5)


def test_the_default_is_followed(graph):
    graph.add_sink("first")
    graph.add_sink("second")
    graph.set_default("sink", "first")
    tones = {name: graph.wav(hertz) for name, hertz in (("first", [700, 700]), ("second", [900, 1000]))}
    listening = Listening(graph, "--routing", "follow-default", seconds=6)
    assert wait_until(lambda: captured(graph, "first"), 10)
    for name, tone in tones.items():
        graph.play(tone, name)
    graph.set_default("sink", "second")
    assert wait_until(lambda: captured(graph, "second") and not captured(graph, "first"), 5)
    answer = listening.result()
    assert frequencies(answer) == [900, 1000]
    assert answer["opened"] == 2
    assert SINK not in graph.nodes()


def test_the_host_hears_it_too(graph):
    def heard_at(device):
        return {(a, b) for n, a, m, b in graph.links() if n == SINK and m == device} == {
            ("monitor_FL", "playback_FL"), ("monitor_FR", "playback_FR")}

    graph.add_sink("device")
    graph.set_default("sink", "device")
    assert wait_until(lambda: graph.default("sink") == "device", 5)
    graph.wav(TONES[:6])
    listening = Listening(graph, "--routing", "host-and-client", "--channels", "6", seconds=6)
    assert wait_until(lambda: captured(graph, SINK) and heard_at("device"), 10)
    graph.run("pw-cli", "destroy", str(graph.nodes()["device"]["id"]))
    assert wait_until(lambda: "device" not in graph.nodes(), 5)
    graph.add_sink("device")
    assert wait_until(lambda: heard_at("device"), 5)
    graph.play_tone(TONES[:6], SINK)
    assert frequencies(listening.result()) == TONES[:6]
