"""What a client hears: test tones, a private desktop's graph, and a user's graph under streams."""
import array
import cmath
import math
import os
import signal
import sys

import pytest
from conftest import wait_until
from sound import POSITIONS, Graph, tone

LEVEL = 0.25
WINDOW_S = 0.1  # whole periods of every tone: leaves no leakage between them


def hertz(channels):
    """As the host's test tone has them."""
    return [440 + 110 * c for c in range(channels)]


class Heard:
    """The probe's file: channels of samples."""

    def __init__(self, path, channels, rate=48000):
        samples = array.array("f")
        with open(path, "rb") as f:
            samples.frombytes(f.read())
        if sys.byteorder == "big":
            samples.byteswap()
        assert len(samples) % channels == 0
        self.rate = rate
        self.channels = [samples[c::channels] for c in range(channels)]
        self.seconds = len(self.channels[0]) / rate

    def part(self, channel, start_s, seconds=WINDOW_S):
        return self.channels[channel][round(start_s * self.rate):round((start_s + seconds) * self.rate)]

    def wave(self, channel, hz, start_s):
        """Amplitude and phase of one frequency (Goertzel)."""
        samples = self.part(channel, start_s)
        turn = 2 * math.pi * hz / self.rate
        twice_cos, one, two = 2 * math.cos(turn), 0.0, 0.0
        for x in samples:
            one, two = x + twice_cos * one - two, one
        z = (one - two * cmath.exp(-1j * turn)) * 2 / len(samples)
        return abs(z), cmath.phase(z)

    def level(self, channel, hz, start_s):
        return self.wave(channel, hz, start_s)[0]

    def peak(self, channel, start_s, seconds):
        return max(map(abs, self.part(channel, start_s, seconds)))

    def step(self, channel, start_s, seconds):
        """The largest between two samples."""
        samples = self.part(channel, start_s, seconds)
        return max(abs(b - a) for a, b in zip(samples, samples[1:]))

    def check_tones(self, start_s, tolerance, tones=None):
        """Each channel has its own, at its level, and nothing of the others'."""
        tones = tones or hertz(len(self.channels))
        for c in range(len(self.channels)):
            for other, hz in enumerate(tones):
                expected = LEVEL if other == c else 0
                assert self.level(c, hz, start_s) == pytest.approx(expected, abs=tolerance), (POSITIONS[c], hz)

    def check_unbroken(self, start_s, end_s, noise):
        """No click, nothing left out, nothing put in: a shift by one sample would turn the phase."""
        for c, hz in enumerate(hertz(len(self.channels))):
            turn = 2 * math.pi * hz / self.rate
            assert self.step(c, start_s, end_s - start_s) <= LEVEL * turn + noise, POSITIONS[c]
            first = self.wave(c, hz, start_s)[1]
            for i in range(1, int((end_s - start_s) / WINDOW_S)):
                turned = self.wave(c, hz, start_s + i * WINDOW_S)[1] - first
                assert abs(math.remainder(turned, 2 * math.pi)) < turn / 2, (POSITIONS[c], start_s + i * WINDOW_S)

    def is_clean(self, start_s, noise):
        """Every tone is whole: nothing is missing."""
        return all(abs(self.level(c, hz, start_s) - LEVEL) < noise
                   and self.step(c, start_s, WINDOW_S) <= LEVEL * 2 * math.pi * hz / self.rate + noise
                   for c, hz in enumerate(hertz(len(self.channels))))

    def check_graph(self, noise, summary):
        """A program that is late, as on a loaded machine, misses whole cycles of its graph; between these all is well."""
        windows = [i * WINDOW_S for i in range(int(self.seconds / WINDOW_S))]
        clean = [at for at in windows if self.is_clean(at, noise)]
        assert clean, summary["sound"]
        for at in clean[::5]:
            self.check_tones(at, noise)


def check_arrived(summary, seconds, pauses):
    """Whether nothing was lost. A machine that stands still for a moment makes a burst, of which the queue of 4 KiB drops."""
    sound = summary["sound"]
    assert sound["undecodable"] == sound["late"] == 0
    assert sound["lost"] <= sound["packets"] // 20
    assert sound["pauses"] <= pauses
    assert sound["latency_us"]["count"] == sound["packets"] > 0
    assert summary["seconds"] >= seconds - 0.5
    return sound["lost"] == 0


@pytest.fixture
def out(folder):
    return os.path.join(folder, "sound.f32")


# --- test tones ---

@pytest.fixture
def tone_host(make_host):
    return make_host("--source", "synthetic", "--frames", "0", "--allow-tofu", command="punktfunk1-host",
                     env={"PUNKTFUNK_AUDIO_SOURCE": "tone"})


SMALL = ("--mode", "320x240x30", "--quit")


@pytest.mark.parametrize("channels, layout", [(2, "legacy")] + [
    (channels, layout) for channels in (6, 8) for layout in ("legacy", "standard", "uncoupled")])
def test_each_tone_is_on_its_channel(tone_host, run_probe, out, channels, layout):
    code, summary, err = run_probe(tone_host, *SMALL, "--seconds", "2", "--bitrate", "50000", "--audio-out", out,
                                   "--audio-channels", str(channels), "--audio-layout", layout)
    assert code == 0, err
    whole = check_arrived(summary, 2, pauses=0)
    assert summary["sound"]["format"] == f"opus 48000 Hz {channels} channels"
    heard = Heard(out, channels)
    if whole:
        assert heard.seconds == pytest.approx(summary["sound"]["packets"] * 0.005, abs=0.001)
        heard.check_tones(1, 0.02)
        heard.check_unbroken(0.5, heard.seconds - 0.1, 0.02)
    else:
        heard.check_graph(0.02, summary)


@pytest.mark.parametrize("form, rate, bits", [("lossless48", 48000, 16), ("lossless96", 96000, 24), ("44100/16", 44100, 16)])
def test_lossless_sound_is_exact(tone_host, run_probe, out, form, rate, bits):
    code, summary, err = run_probe(tone_host, *SMALL, "--seconds", "2", "--bitrate", "100000", "--audio-out", out,
                                   "--audio-format", form)
    assert code == 0, err
    whole = check_arrived(summary, 2, pauses=0)
    assert summary["sound"]["format"] == f"pcm {rate}/{bits} 2 channels"
    heard = Heard(out, 2, rate)
    if whole:
        heard.check_tones(0.5, 1e-4)
        heard.check_unbroken(0.5, heard.seconds - 0.1, 1e-4)
    else:
        heard.check_graph(1e-4, summary)


def test_lossless_sound_that_does_not_fit_is_opus(tone_host, run_probe):
    code, summary, err = run_probe(tone_host, *SMALL, "--seconds", "2", "--bitrate", "2000", "--audio-format", "lossless96")
    assert code == 0, err
    assert summary["sound"]["format"] == "opus 48000 Hz 2 channels"
    check_arrived(summary, 2, pauses=0)


def test_redundancy_is_a_wish(make_host, run_probe):
    host = make_host("--open", env={"PUNKTFUNK_AUDIO_SOURCE": "tone", "PUNKTFUNK_AUDIO_REDUNDANCY": "on"})
    for args, redundant in (((), True), (("--no-audio-red",), False)):
        code, summary, err = run_probe(host, *SMALL, "--codec", "h264", "--seconds", "2", *args)
        assert code == 0, err
        assert (summary["sound"]["redundant"] > 0.9 * summary["sound"]["packets"]) == redundant
        check_arrived(summary, 2, pauses=0)


# --- a private desktop ---

@pytest.mark.parametrize("channels", [2, 6, 8])
def test_a_private_desktop_is_heard(make_host, run_probe, folder, out, channels):
    wav = tone(os.path.join(folder, "tones.wav"), hertz(channels))
    host = make_host("--open", env={
        "PUNKTFUNK_PRIVATE_SESSION": f"while :; do pw-play --target punktfunk-speaker {wav}; sleep 0.1; done"})
    code, summary, err = run_probe(host, *SMALL, "--codec", "h264", "--seconds", "6", "--audio-out", out,
                                   "--bitrate", "50000", "--audio-channels", str(channels))
    assert code == 0, err
    assert summary["sound"]["undecodable"] == 0
    Heard(out, channels).check_graph(0.02, summary)


def test_an_operator_mutes(make_host, start_probe, out):
    host = make_host("--open", env={"PUNKTFUNK_AUDIO_SOURCE": "tone"})
    probe = start_probe(host, *SMALL, "--codec", "h264", "--seconds", "8", "--audio-out", out)
    number = wait_for_session(host)
    assert host.ctl("mute", number)[0] == 0
    assert wait_until(lambda: sessions(host)[0]["muted"], 5)
    # Longer than silence is sent.
    wait_until(lambda: False, 1.5)
    assert host.ctl("unmute", number)[0] == 0
    code, summary, err = probe.result()
    assert code == 0, err
    changes = summary["sound"]["mute_changes"]
    assert [c["muted"] for c in changes] == [True, False]
    heard = Heard(out, 2)
    assert heard.peak(0, changes[0]["at_s"] + 0.5, 0.5) < 1e-6
    heard.check_tones(heard.seconds - 1, 0.02)
    check_arrived(summary, 8, pauses=1)


def sessions(host):
    return host.ctl_json("sessions")["sessions"]


def wait_for_session(host):
    assert wait_until(lambda: any(s["frames"] for s in sessions(host)), 20), host.log()
    return str(sessions(host)[0]["id"])


# --- a user's graph ---

@pytest.fixture
def graph():
    with Graph() as g:
        g.add_sink("speakers")
        g.set_default("sink", "speakers")
        assert wait_until(lambda: g.default("sink") == "speakers", 10)
        yield g


@pytest.fixture
def graph_host(make_host, graph):
    return make_host("--source", "synthetic", "--frames", "0", "--allow-tofu", command="punktfunk1-host",
                     env={"PUNKTFUNK_AUDIO_SOURCE": "pipewire", "XDG_RUNTIME_DIR": graph.runtime})


def speaker(graph):
    """The stream's sink, when it is the default."""
    name = graph.default("sink") or ""
    return name if name.startswith("punktfunk-speaker-") else None


def ours(graph):
    return [name for name in graph.nodes() if name and name.startswith("punktfunk-")]


@pytest.mark.parametrize("channels", [2, 6, 8])
def test_the_default_is_heard_while_it_streams(graph, graph_host, start_probe, out, channels):
    wav = graph.wav(hertz(channels))
    probe = start_probe(graph_host, *SMALL, "--seconds", "7", "--bitrate", "50000", "--audio-out", out,
                        "--audio-channels", str(channels))
    assert wait_until(lambda: speaker(graph), 10), graph.metadata()
    graph.play(wav)
    code, summary, err = probe.result()
    assert code == 0, err
    assert summary["sound"]["undecodable"] == 0
    assert wait_until(lambda: graph.default("sink") == "speakers" and not ours(graph), 10), graph.nodes()
    Heard(out, channels).check_graph(0.02, summary)


@pytest.mark.parametrize("form, rate", [("lossless48", 48000), ("lossless96", 96000)])
def test_lossless_sound_of_a_graph(graph, graph_host, start_probe, out, form, rate):
    wav = tone(os.path.join(graph.folder, "tones.wav"), hertz(2), 20, rate)
    probe = start_probe(graph_host, *SMALL, "--seconds", "6", "--bitrate", "100000", "--audio-out", out,
                        "--audio-format", form)
    assert wait_until(lambda: speaker(graph), 10), graph.metadata()
    graph.play(wav)
    code, summary, err = probe.result()
    assert code == 0, err
    assert summary["sound"]["format"].startswith(f"pcm {rate}/"), graph_host.log()
    Heard(out, 2, rate).check_graph(1e-4, summary)


def test_a_client_can_leave_the_default_alone(graph, graph_host, start_probe, out):
    graph.play_tone(hertz(2))
    probe = start_probe(graph_host, *SMALL, "--seconds", "4", "--keep-host-audio", "--audio-out", out)
    code, summary, err = probe.result()
    assert code == 0, err
    assert graph.default("sink") == "speakers"
    Heard(out, 2).check_graph(0.02, summary)


def test_sound_comes_back_with_its_graph(graph, graph_host, start_probe, out):
    wav = graph.wav(hertz(2))
    probe = start_probe(graph_host, *SMALL, "--seconds", "14", "--audio-out", out)
    assert wait_until(lambda: speaker(graph), 10), graph.metadata()
    graph.stop_daemons()
    assert wait_until(lambda: "hears nothing" in graph_host.log(), 10), graph_host.log()
    graph.start()
    assert wait_until(lambda: speaker(graph), 10), graph.metadata()
    graph.play(wav)
    code, summary, err = probe.result()
    assert code == 0, err
    assert [c["muted"] for c in summary["sound"]["mute_changes"]] == [True, False]
    assert summary["sound"]["lost"] <= summary["sound"]["packets"] // 20
    Heard(out, 2).check_graph(0.02, summary)


def test_the_next_start_restores_the_default_of_a_killed_host(graph, graph_host, start_probe):
    start_probe(graph_host, *SMALL, "--seconds", "60")
    assert wait_until(lambda: speaker(graph), 10), graph.metadata()
    graph_host.stop(signal.SIGKILL)
    assert (graph.metadata()["default.configured.audio.sink"]["name"]).startswith("punktfunk-speaker-")
    graph_host.start()
    assert wait_until(lambda: graph.metadata()["default.configured.audio.sink"]["name"] == "speakers", 10)
    assert graph.default("sink") == "speakers"
