"""A client's microphone as programs record it from a real graph, over networks good and bad."""
import contextlib
import json
import math
import os
import shutil
import signal
import struct
import time

import pytest

from conftest import BUILD, wait_until
from sound import Graph

FEEDER = os.path.join(BUILD, "tests", "integration", "mic_feeder")
NODE = "punktfunk-mic"
RATE = 48000

pytestmark = pytest.mark.skipif(
    not all(shutil.which(p) for p in ("pipewire", "wireplumber", "pipewire-pulse", "pw-record", "parec")),
    reason="no PipeWire, WirePlumber, pipewire-pulse or their tools here")


@pytest.fixture(name="graph")
def running_graph():
    with Graph() as graph:
        shutil.copy(FEEDER, graph.folder)
        yield graph


class Microphone:
    """Made by the feeder, which tells what happens."""

    def __init__(self, graph, node=NODE, description="Ada's tablet", **options):
        self.graph = graph
        self.node = node
        self.path = os.path.join(graph.folder, f"{node}-{time.monotonic_ns()}.log")
        with open(self.path, "wb") as log:
            self.process = graph.run_background(
                os.path.join(graph.folder, "mic_feeder"), graph.socket, node, description,
                *(f"{name}={value}" for name, value in options.items()), stdout=log, stderr=log)
        assert wait_until(lambda: node in graph.nodes(), 10), self.events()

    def events(self, kind=None):
        with open(self.path, encoding="utf-8") as f:
            events = [json.loads(line) for line in f.read().split("\n")[:-1]]
        return [e for e in events if kind is None or e["event"] == kind]

    def stats(self):
        return self.events("stats")[-1]

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(timeout=10)


class Recording:
    """What a program records; samples() are of the first channel."""

    def __init__(self, graph, program="parec", node=NODE, channels=2):
        self.path = os.path.join(graph.folder, f"recorded-{time.monotonic_ns()}")
        self.channels = channels
        if program == "parec":
            args = ["parec", "-d", node, "--raw", "--format=float32le", f"--rate={RATE}", f"--channels={channels}",
                    "--latency-msec=10", self.path]
        else:
            self.path += ".wav"
            args = ["pw-record", "--target", node, "--rate", str(RATE), "--channels", str(channels), "--format",
                    "f32", self.path]
        self.process = graph.run_background(*args)

    def frames(self):
        """Written so far, give or take the head of a WAV: reading them all would disturb the recorder."""
        return os.path.getsize(self.path) // (4 * self.channels) if os.path.exists(self.path) else 0

    def samples(self, begin=0):
        with open(self.path, "rb") as f:
            head = f.read(4096) if self.path.endswith(".wav") else b""
            f.seek((head.find(b"data") + 8 if head else 0) + begin * 4 * self.channels)
            data = f.read()
        count = len(data) // 4 // self.channels
        return struct.unpack(f"<{count * self.channels}f", data[:4 * self.channels * count])[::self.channels]

    def last(self, seconds):
        """That much sound from now on."""
        begin = self.frames()
        assert wait_until(lambda: self.frames() > begin + (seconds + 0.1) * RATE, seconds + 15)
        return self.samples(begin)[:int(seconds * RATE)]

    def wait(self, seconds=2):
        assert wait_until(lambda: self.frames() and any(self.samples(max(0, self.frames() - 4800))), 15), \
            "nothing but silence was recorded"
        self.last(seconds)
        return self


def hertz(samples):
    return sum(a < 0 <= b for a, b in zip(samples, samples[1:])) * RATE / len(samples)


def peak(samples):
    return max(abs(s) for s in samples)


def step(samples):
    return max(abs(a - b) for a, b in zip(samples, samples[1:]))


TAKES = 30


def is_tone(samples, hz, level):
    # Its own steps are 2 pi hz / rate of its level at most.
    return hertz(samples) == pytest.approx(hz, rel=0.01) and level * 0.9 < peak(samples) < level * 1.2 \
        and step(samples) < 1.5 * level * 2 * math.pi * hz / RATE


def assert_tone(recording, hz=440, level=0.25):
    """A busy machine misses cycles of the graph now and then, which clicks; what is wrong with us does in every take."""
    takes = []
    while len(takes) < TAKES:
        samples = recording.last(1)
        if is_tone(samples, hz, level):
            return
        takes.append((hertz(samples), peak(samples), step(samples)))
    pytest.fail(f"no clean tone; hertz, peak and largest step of each take: {takes}")


@pytest.mark.parametrize("program", ["parec", "pw-record"])
def test_programs_record_the_tone(graph, program):
    Microphone(graph)
    assert graph.nodes()[NODE]["node.description"] == "Ada's tablet"
    assert graph.nodes()[NODE]["media.class"] == "Audio/Source"
    assert_tone(Recording(graph, program).wait())


def test_stereo_packets_and_mono_recorders(graph):
    Microphone(graph, channels=2, frame_ms=20)
    # Both channels are the same, and PipeWire adds them as if they were not: 3 dB more.
    assert_tone(Recording(graph, channels=1).wait(), level=0.25 * math.sqrt(2))


@pytest.mark.parametrize("options", [{"jitter_ms": 30}, {"ppm": 300}, {"ppm": -300}], ids=str)
def test_a_network_that_is_uneven_is_not_heard(graph, options):
    # A machine that stands still makes a packet late by itself; what is wrong with us does in every take.
    for _ in range(3):
        mic = Microphone(graph, **options)
        recording = Recording(graph).wait(8)
        assert_tone(recording)
        stats = mic.stats()
        if stats["lost"] == 0:
            break
        mic.end()
        assert wait_until(lambda: NODE not in graph.nodes(), 10)
    assert (stats["lost"], stats["malformed"]) == (0, 0)


def test_lost_packets_do_not_click(graph):
    mic = Microphone(graph, loss=0.05)
    recording = Recording(graph).wait()
    # What is concealed bends the tone.
    steps = []
    while not steps or (len(steps) < TAKES and steps[-1] >= 3 * 0.25 * 2 * math.pi * 440 / RATE):
        samples = recording.last(4)
        assert hertz(samples) == pytest.approx(440, rel=0.03)
        steps.append(step(samples))
    assert steps[-1] < 3 * 0.25 * 2 * math.pi * 440 / RATE, steps
    stats = mic.stats()
    print("of", stats["packets"], "packets, lost", stats["lost"], "concealed", stats["concealed"], "stored",
          stats["delay_us"] / 1000, "ms")
    assert stats["lost"] > 0
    assert stats["concealed"] >= stats["lost"]


def test_who_begins_to_record_hears_now(graph):
    """Packets of a microphone that nobody records are not kept."""
    mic = Microphone(graph)
    time.sleep(3)
    assert mic.stats()["packets"] == 0
    Recording(graph).wait()
    assert 0 < mic.stats()["delay_us"] < 200000


def test_two_microphones_are_two(graph):
    Microphone(graph, "mic-a", "Ada's tablet", hz=440)
    Microphone(graph, "mic-b", "Bob's phone", hz=700)
    first, second = Recording(graph, node="mic-a"), Recording(graph, node="mic-b")
    assert_tone(first.wait(), 440)
    assert_tone(second.wait(), 700)
    nodes = graph.nodes()
    assert [nodes[n]["node.description"] for n in ("mic-a", "mic-b")] == ["Ada's tablet", "Bob's phone"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_it_goes_with_its_host(graph, how):
    mic = Microphone(graph)
    Recording(graph).wait()
    code = mic.end(how)
    assert code == (0 if how == signal.SIGTERM else -signal.SIGKILL)
    assert wait_until(lambda: NODE not in graph.nodes(), 5)


def test_it_survives_the_daemon(graph):
    mic = Microphone(graph)
    Recording(graph).wait()
    for _ in range(2):
        told = len(mic.events("live"))
        graph.stop_daemons()
        assert wait_until(lambda t=told: len(mic.events("live")) > t, 10)
        gone = mic.events("live")[-1]
        assert not gone["live"] and "PipeWire" in gone["why"]
        graph.start()
        assert wait_until(lambda: NODE in graph.nodes() and mic.events("live")[-1]["live"], 15)
        assert_tone(Recording(graph).wait())


def test_what_it_costs(graph):
    """Printed: how late a tone is heard, and the processor's time without and with a recorder."""
    mic = Microphone(graph, pulse_ms=500)
    before = mic.cpu_s()
    time.sleep(1)
    idle = mic.cpu_s() - before
    with contextlib.closing(Piped(graph)) as piped:
        begin = mic.cpu_s()
        delays = piped.delays(mic, 4)
        used = mic.cpu_s() - begin
    delays.sort()
    print(f"heard after {delays[0]:.1f}..{delays[len(delays) // 2]:.1f}..{delays[-1]:.1f} ms (least, median, most); "
          f"processor {idle:.1%} idle with encoding, {used / 4:.1%} recorded with encoding")
    assert len(delays) > 2


class Piped:
    """A recorder whose samples are timed as they come out of a pipe."""

    def __init__(self, graph):
        self.out, inner = os.pipe()
        self.process = graph.run_background(
            "parec", "-d", NODE, "--raw", "--format=float32le", f"--rate={RATE}", "--channels=1", "--latency-msec=5",
            stdout=inner)
        os.close(inner)

    def delays(self, mic, seconds):
        """Milliseconds from each pulse's first packet to its first sample, when it is read."""
        heard, quiet_since = [], 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            data = os.read(self.out, 4096)
            now = time.monotonic_ns()
            samples = struct.unpack(f"<{len(data) // 4}f", data[:len(data) // 4 * 4])
            if peak(samples or (0,)) > 0.02:
                if now - quiet_since > 200e6:
                    heard.append(now)
                quiet_since = now
        spoken = [e["ns"] for e in mic.events("pulse")]
        return [(h - max(s for s in spoken if s < h)) / 1e6 for h in heard[1:]]

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=10)
        os.close(self.out)
