"""A client's microphone on the way up: probe, host, the display's own graph, a program that records there."""
import cmath
import json
import math
import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import wave

import pytest

from conftest import as_user, wait_until
from sound import Graph
from test_operator import MODE, paired_device, session

pytestmark = pytest.mark.skipif(
    not all(shutil.which(x) for x in ("sway", "pipewire", "wireplumber", "pw-record", "pw-dump")),
    reason="needs sway, pipewire and wireplumber")

RATE = 48000
TONE_HZ = 440
LEVEL = 0.5
SETTLE_S = 0.5


def real_time(args):
    """As the real-time kit of a desktop would let it run: it misses no cycle of the graph."""
    return ["chrt", "-f", "20", *as_user(args)] if os.geteuid() == 0 else args


class Desk:
    """What a program in the host's only private display finds."""

    def __init__(self, host):
        assert wait_until(host.displays, 20), host.log()
        self.folder = host.folder
        self.env = {**host.env, "XDG_RUNTIME_DIR": os.path.join(host.runtime, "punktfunk", host.displays()[0])}

    def microphone(self):
        """What people read of it, or None while there is none."""
        done = subprocess.run(as_user(["pw-dump"]), env=self.env, cwd=self.folder, capture_output=True, text=True,
                              timeout=20, check=False)
        for o in json.loads(done.stdout or "[]"):
            props = (o.get("info") or {}).get("props") or {}
            if o["type"] == "PipeWire:Interface:Node" and props.get("node.name") == "punktfunk-mic":
                return props.get("node.description")
        return None

    def record(self, seconds):
        """What it sounds like from half a second after the beginning on, on the left."""
        path = os.path.join(self.folder, "mic.wav")
        recorder = subprocess.Popen(
            real_time(["pw-record", "--target", "punktfunk-mic", "--rate", str(RATE), "--channels", "2", "--format",
                     "s16", "--latency", "10ms", path]),
            env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL)
        wanted = int((SETTLE_S + seconds) * RATE) * 4
        try:
            assert wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > wanted, 40)
        finally:
            recorder.send_signal(signal.SIGINT)
            recorder.wait(timeout=10)
        with wave.open(path, "rb") as f:
            data = f.readframes(f.getnframes())
        samples = [x / 32768 for x, _ in struct.iter_unpack("<hh", data)]
        first = next(i for i, x in enumerate(samples) if abs(x) > LEVEL / 4)
        return samples[first + int(SETTLE_S * RATE):]


def amplitude(samples, hertz):
    total = sum(x * cmath.exp(-2j * math.pi * hertz * i / RATE) for i, x in enumerate(samples))
    return 2 * abs(total) / len(samples)


def levels(samples):
    """Of the tone, in pieces of 50 ms."""
    return [amplitude(samples[i:i + 2400], TONE_HZ) for i in range(0, len(samples) - 2400, 2400)]


def clicks(samples):
    """Places where the tone does not go on as a tone does."""
    c = 2 * math.cos(2 * math.pi * TONE_HZ / RATE)
    rough = [i for i in range(1, len(samples) - 1) if abs(samples[i - 1] - c * samples[i] + samples[i + 1]) > 0.05]
    return [i for i, before in zip(rough, [-RATE, *rough]) if i - before > 100]


def microphone_told(host):
    """(packets, lost, concealed, late) of the session that ended."""
    pattern = r"microphone (\d+) packets \((\d+) lost, (\d+) concealed, (\d+) late\)"
    assert wait_until(lambda: re.search(pattern, host.log()), 10), host.log()
    return [int(n) for n in re.search(pattern, host.log()).groups()]


def listen(host, probe, seconds):
    """What a program records, then the end: the samples, the probe's summary, the host's numbers."""
    desk = Desk(host)
    assert wait_until(desk.microphone, 20), host.log()
    samples = desk.record(seconds)
    probe.process.send_signal(signal.SIGINT)
    code, summary, err = probe.result()
    assert code == 0, err
    return samples, summary["microphone"], microphone_told(host)


@pytest.mark.parametrize("how", ["--mic-test", "--mic-burst", "--mic-stereo"])
def test_programs_hear_the_client(make_host, start_probe, how):
    host = make_host("--open")
    samples, sent, (packets, lost, _, _) = listen(
        host, start_probe(host, *MODE, "--seconds", "60", "--quit", how), 3)
    assert LEVEL * 0.95 < statistics.median(levels(samples)) < LEVEL * 1.05
    # A busy machine without real-time scheduling misses some of the graph's 1200 cycles; packets are 75 at least.
    assert len(clicks(samples)) < 15
    assert lost == 0
    assert 0 < packets <= sent["sent"] and sent["dropped"] == 0


def test_lost_packets_are_filled_in(make_host, start_probe):
    host = make_host("--open")
    samples, sent, (_, lost, concealed, _) = listen(
        host, start_probe(host, *MODE, "--seconds", "60", "--quit", "--mic-drop", "5"), 4)
    assert 0 < lost <= sent["dropped"]
    assert concealed >= lost
    # Opus fills in a steady tone faintly and out of step, but no packet's place is silent.
    pieces = [samples[i:i + 240] for i in range(0, len(samples) - 240, 240)]
    assert min(math.sqrt(sum(x * x for x in p) / len(p)) for p in pieces) > 0.005
    assert max(levels(samples)) > LEVEL * 0.9


def test_the_microphone_lives_by_its_grant(make_host, start_probe, folder):
    host = make_host()
    device, fingerprint = paired_device(host, folder, "--preset", "view")
    start_probe(host, *MODE, "--seconds", "60", "--mic-test", "--name", "kitchen", config=device)
    assert wait_until(lambda: session(host).get("frames", 0) > 10, 20)
    desk = Desk(host)
    assert desk.microphone() is None

    assert host.ctl("access", fingerprint, "full")[0] == 0
    assert wait_until(desk.microphone, 10), host.log()
    assert "kitchen" in desk.microphone()

    assert host.ctl("access", fingerprint, "view")[0] == 0
    assert wait_until(lambda: desk.microphone() is None, 5), host.log()
    assert session(host)["state"] == "streaming"


def test_in_the_users_graph_it_is_the_default_while_it_lives(make_host, start_probe):
    with Graph() as graph:
        def configured():
            return graph.metadata().get("default.configured.audio.source", {}).get("name", "")

        host = make_host("--allow-tofu", command="punktfunk1-host", env={
            "XDG_RUNTIME_DIR": graph.runtime, "XDG_CONFIG_HOME": graph.env["XDG_CONFIG_HOME"],
            "PUNKTFUNK_AUDIO_SOURCE": "pipewire"})
        probe = start_probe(host, *MODE, "--seconds", "60", "--quit", "--mic-test")
        assert wait_until(lambda: configured().startswith("punktfunk-mic-"), 20), host.log()
        assert wait_until(lambda: graph.default("source") == configured(), 10), host.log()
        probe.process.send_signal(signal.SIGINT)
        probe.result()
        assert wait_until(lambda: configured() == "", 10), host.log()
