"""The sound of private displays: a graph each, out of reach of the user's, gone with the display."""
import contextlib
import os
import shutil
import signal
import subprocess

import pytest
from conftest import as_user, wait_until
from sound import Graph, tone

pytestmark = pytest.mark.skipif(not shutil.which("pipewire-pulse") or not shutil.which("wireplumber"),
                                reason="pipewire, wireplumber or pipewire-pulse is not installed")
STREAM = ("--mode", "640x360x30", "--codec", "h264", "--quit")


class Inside:
    """What a display's programs are offered."""

    def __init__(self, host, name):
        self.host = host
        self.directory = os.path.join(host.runtime, "punktfunk", name)
        self.env = {**host.env, "XDG_RUNTIME_DIR": self.directory,
                    "PIPEWIRE_RUNTIME_DIR": self.directory,
                    "PULSE_SERVER": f"unix:{self.directory}/pulse/native"}

    def run(self, *args):
        done = subprocess.run(as_user(list(args)), env=self.env, capture_output=True, text=True, timeout=20,
                              check=False)
        return done.stdout if done.returncode == 0 else ""

    def pids(self, name):
        found = []
        for pid, command in self.host.processes():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", encoding="utf-8", errors="replace") as f:
                if self.directory in f.read() and command.split()[0] == name:
                    found.append(pid)
        return found


def up(host, count=1):
    """The displays of a host, once their default sink is there."""
    assert wait_until(lambda: len(host.displays()) == count, 20), host.log()
    displays = [Inside(host, name) for name in host.displays()]
    for d in displays:
        assert wait_until(lambda d=d: "Default Sink: punktfunk-speaker\n" in d.run("pactl", "info"), 20)
    return displays


def test_the_display_has_a_sink_of_its_own(make_host, start_probe):
    host = make_host("--open")
    probe = start_probe(host, *STREAM, "--seconds", "6")
    inside, = up(host)
    sinks = inside.run("pactl", "list", "short", "sinks").splitlines()
    assert len(sinks) == 1 and "float32le 2ch 48000Hz" in sinks[0]
    assert "Channel Map: front-left,front-right\n" in inside.run("pactl", "list", "sinks")
    for name in ("pipewire", "wireplumber", "pipewire-pulse"):
        assert len(inside.pids(name)) == 1
    assert probe.result()[0] == 0
    assert wait_until(lambda: not host.displays() and len(host.processes()) == 1, 10), host.processes()
    left = [os.path.join(root, f) for root, _, files in os.walk(host.folder) for f in files]
    assert not [f for f in left if "wireplumber" in f]


def test_programs_inside_play_there_and_not_to_the_user(make_host, start_probe, folder):
    with Graph() as user:
        user.add_sink("speakers")
        wav = tone(os.path.join(folder, "tone.wav"), [440, 440])
        said = os.path.join(user.runtime, "said")
        script = f"pactl list short sinks > {said}; pw-play {wav}"
        host = make_host("--open", env={"PUNKTFUNK_PRIVATE_SESSION": script, "XDG_RUNTIME_DIR": user.runtime,
                                        "PULSE_SERVER": f"unix:{user.runtime}/pulse/native",
                                        "PIPEWIRE_RUNTIME_DIR": user.runtime})
        host.runtime = user.runtime
        probe = start_probe(host, *STREAM, "--seconds", "8")
        inside, = up(host)
        assert wait_until(lambda: "pw-play" in inside.run("pw-link", "-l"), 15)
        assert "punktfunk-speaker:playback_FL" in inside.run("pw-link", "-l")
        assert not [link for link in user.links() if "pw-play" in str(link)]
        with open(said, encoding="utf-8") as f:
            text = f.read()
        assert "punktfunk-speaker" in text and "speakers\t" not in text
        assert probe.result()[0] == 0
        assert wait_until(lambda: not host.displays(), 10)


def test_what_dies_inside_comes_back(make_host, start_probe):
    host = make_host("--open")
    probe = start_probe(host, *STREAM, "--seconds", "15")
    inside, = up(host)
    for name in ("pipewire", "wireplumber", "pipewire-pulse"):
        # The one before may have taken it along.
        assert wait_until(lambda n=name: len(inside.pids(n)) == 1, 10)
        pid, = inside.pids(name)
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda n=name, p=pid: inside.pids(n) and p not in inside.pids(n), 10)
        up(host)
    probe.process.kill()


def test_two_displays_do_not_hear_each_other(make_host, start_probe):
    host = make_host("--open")
    for _ in range(2):
        start_probe(host, *STREAM, "--seconds", "12")
    one, two = up(host, 2)
    assert one.run("pactl", "load-module", "module-null-sink", "sink_name=only-here")
    assert "only-here" in one.run("pactl", "list", "short", "sinks")
    assert "only-here" not in two.run("pactl", "list", "short", "sinks")


def test_nothing_outlives_a_killed_host(make_host, start_probe):
    host = make_host("--open")
    start_probe(host, *STREAM, "--seconds", "20")
    up(host)
    host.stop(signal.SIGKILL)
    assert wait_until(lambda: not host.processes() and not host.displays(), 5), host.processes()


def test_without_pipewire_the_display_is_silent_and_says_so(make_host, run_probe, folder):
    programs = os.path.join(folder, "bin")
    os.mkdir(programs)
    for name in os.listdir("/usr/bin"):
        if not name.startswith(("pipewire", "wireplumber")):
            os.symlink(f"/usr/bin/{name}", os.path.join(programs, name))
    host = make_host("--open", env={"PATH": programs})
    for _ in range(2):
        code, _, err = run_probe(host, *STREAM, "--seconds", "1")
        assert code == 0, err
    assert host.log().count("private displays are silent, because pipewire is not installed") == 1
