"""Capture and encode into a file, without a network: what a machine can do by itself."""
import os
import pwd
import re
import shutil
import subprocess

import pytest

from conftest import HOST, MOTION, USER, as_user
from test_stream import ffprobe


@pytest.fixture
def spike(folder):
    """Runs spike in a folder of its own: (exit code, stdout, stderr)."""
    for program in (HOST, MOTION):
        shutil.copy(program, folder)
    runtime = os.path.join(folder, "run")
    os.makedirs(runtime, mode=0o700)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(USER)
        for path in (folder, runtime):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    env = {"PATH": os.environ["PATH"], "HOME": folder, "SHELL": "/bin/sh", "LANG": "C.UTF-8", "TMPDIR": folder,
           "XDG_RUNTIME_DIR": runtime, "PUNKTFUNK_PRIVATE_SESSION": os.path.join(folder, "punktfunk-motion")}

    def run(*args):
        done = subprocess.run(as_user([os.path.join(folder, "punktfunk-host"), "spike", *args]),
                              capture_output=True, text=True, env=env, cwd=folder, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    yield run
    displays = os.path.join(runtime, "punktfunk")
    assert not os.path.isdir(displays) or os.listdir(displays) == []


def check_summary(out, mode, units):
    width, height, hz = mode
    assert f"{width}x{height} at {hz} Hz" in out
    encoded = int(re.search(r": (\d+) units", out).group(1))
    passed, datagrams, parity, lost, repaired = (int(re.search(pattern, out).group(1)) for pattern in (
        r"core: (\d+) units came out byte for byte", r"(\d+) datagrams", r"\((\d+) parity\)",
        r"(\d+) held back", r"(\d+) units repaired"))
    assert passed == encoded == units
    assert datagrams - parity >= units
    assert lost == repaired == units // 2


@pytest.mark.parametrize("codec,extension", [("h264", "h264"), ("h265", "h265"), ("av1", "obu")])
@pytest.mark.parametrize("mode", [(320, 200, 30), (642, 362, 20)])
def test_synthetic_pictures_decode(spike, folder, codec, extension, mode):
    width, height, hz = mode
    code, out, err = spike("--source", "synthetic", "--width", str(width), "--height", str(height), "--fps",
                           str(hz), "--seconds", "1", "--codec", codec)
    assert code == 0, err
    frames, *size = ffprobe(f"{folder}/punktfunk-spike.{extension}")
    assert size == [width, height]
    assert frames > 5
    check_summary(out, mode, frames)


def test_a_real_display_decodes(spike, folder):
    path = f"{folder}/desktop.h264"
    code, out, err = spike("--source", "virtual", "--width", "800", "--height", "600", "--fps", "30", "--seconds",
                           "2", "--codec", "h264", "--wire-chunk", "512", "--bitrate", "5", "--out", path)
    assert code == 0, err
    frames, *size = ffprobe(path)
    assert size == [800, 600]
    assert frames > 5
    check_summary(out, (800, 600, 30), frames)


def test_the_protocol_core_can_be_left_out(spike):
    code, out, err = spike("--width", "320", "--height", "200", "--seconds", "1", "--codec", "h264", "--no-loopback")
    assert code == 0, err
    assert "units (" in out and "protocol core" not in out


@pytest.mark.parametrize("args,said", [
    (["--source", "portal"], "desktop portal"),
    (["--codec", "pyrowave"], "PyroWave"),
    (["--hdr"], "10-bit"),
    (["--width", "321"], "even sizes"),
    (["--wire-chunk", "513"], "even numbers"),
    (["--out", "/nonexistent/a.h265"], "/nonexistent/a.h265"),
])
def test_what_cannot_be_is_refused(spike, args, said):
    code, out, err = spike(*args)
    assert code != 0
    assert out == ""
    assert said in err and err.count("\n") == 1
