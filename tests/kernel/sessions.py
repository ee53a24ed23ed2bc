"""Whole sessions on a kernel with controllers: client, host, driver, game, and the way back. Run inside the virtual
machine by tests/integration/test_kernel.py, which reports each case."""
import glob
import json
import os
import select
import subprocess
import sys
import time

import evdev
import pytest
from evdev import ecodes as e

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "integration"))
from conftest import HOST, PROBE, as_user, folder, make_host, wait_until  # noqa: E402,F401

SETUP = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "setup-input")
WAIT_S = 20  # an emulated processor is slow


@pytest.fixture(scope="module", autouse=True)
def kernel():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run([SETUP], check=True)


def test_the_host_may_make_controllers_once_it_is_set_up(folder):
    """The set-up gives them to the group of the user that the host runs as; others are told what to do."""
    command = [HOST, "probe-input"]
    user = subprocess.run(as_user(command), capture_output=True, text=True, check=False)
    assert (user.returncode, user.stdout.count(": yes")) == (0, 2), user.stdout
    other = subprocess.run(["setpriv", "--reuid=nobody", "--clear-groups", *command], capture_output=True, text=True, check=False)
    assert (other.returncode, other.stdout.count("run `sudo scripts/setup-input $USER`")) == (1, 2), other.stdout


class Client:
    """A probe that is told line by line what its hand does, and writes down what comes back."""

    def __init__(self, host, folder):
        self.path = os.path.join(folder, "feedback")
        self.process = subprocess.Popen(
            [PROBE, "--connect", f"127.0.0.1:{host.port}", "--mode", "640x360x10", "--seconds", "100",
             "--input-script", "-", "--feedback", self.path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "PUNKTFUNK_CONFIG_DIR": folder}, text=True)

    def say(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    def heard(self, kind, pad=0):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8") as f:
            lines = [json.loads(line) for line in f.read().split("\n")[:-1]]
        return [line for line in lines if line["kind"] == kind and line["pad"] == pad]

    def hears(self, kind, right, pad=0):
        return wait_until(lambda: any(right(line) for line in self.heard(kind, pad)), WAIT_S)

    def leave(self):
        self.process.terminate()
        self.process.wait(timeout=WAIT_S)


@pytest.fixture
def host(make_host):
    return make_host("--source", "synthetic", "--frames", "0", "--allow-tofu", command="punktfunk1-host")


@pytest.fixture
def client(host, folder):
    c = Client(host, folder)
    yield c
    c.leave()


def devices(name=None):
    found = []
    for path in evdev.list_devices():
        try:
            found.append(evdev.InputDevice(path))
        except OSError:
            pass  # it has just gone
    return [d for d in found if name in (None, d.name)]


def plugged(name):
    assert wait_until(lambda: devices(name), WAIT_S), f"no {name}: {[d.name for d in devices()]}"
    return devices(name)[0]


def event(pad, kind, code, value):
    """Waits for it; what comes before it does not matter."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if not select.select([pad.fd], [], [], 1)[0]:
            continue
        for got in pad.read():
            if (got.type, got.code, got.value) == (kind, code, value):
                return True
    return False


def rumble(pad, strong, weak, ms):
    effect = evdev.ff.Effect(e.FF_RUMBLE, -1, 0, evdev.ff.Trigger(0, 0), evdev.ff.Replay(ms, 0),
                             evdev.ff.EffectType(ff_rumble_effect=evdev.ff.Rumble(strong, weak)))
    number = pad.upload_effect(effect)
    pad.write(e.EV_FF, number, 1)
    return number


def check_rumble(client, number, lasts_ms, low, high, slack):
    """Right strength, renewed while it lasts, stopped three times; times with the room an emulated processor needs."""
    near = lambda r: abs(r["low"] - low) <= slack and abs(r["high"] - high) <= slack  # noqa: E731
    stops = lambda: [r for r in client.heard("rumble", number) if r["low"] == 0 and r["high"] == 0]  # noqa: E731
    assert client.hears("rumble", near, number), client.heard("rumble", number)
    assert wait_until(lambda: len(stops()) >= 3, WAIT_S), client.heard("rumble", number)
    levels = [r for r in client.heard("rumble", number) if near(r)]
    lasted = stops()[0]["ms"] - levels[0]["ms"]
    assert lasts_ms * 0.6 <= lasted <= lasts_ms * 1.6 + 150, client.heard("rumble", number)
    assert len(levels) >= lasts_ms / 120 / 2, levels
    assert all(r["ttl_ms"] == 400 for r in levels)


def test_a_dualsense_in_both_directions(client, folder):
    client.say("pad 0 arrive dualsense")
    pad = plugged("Sony Interactive Entertainment DualSense Wireless Controller")
    client.say("pad 0 state buttons=a lx=32767 ly=32767 lt=255", "pad 0 motion 2000 0 0 0 10000 0", "pad 0 touch 0 1 65535 0")
    assert event(pad, e.EV_KEY, e.BTN_SOUTH, 1)
    pad.close()
    touch = plugged("Sony Interactive Entertainment DualSense Wireless Controller Touchpad")
    assert wait_until(lambda: touch.absinfo(e.ABS_X).value == 1919, WAIT_S)
    light = glob.glob("/sys/class/leds/*:rgb:indicator")[0]
    for name, text in (("multi_intensity", "17 34 51"), ("brightness", "255")):
        with open(os.path.join(light, name), "w", encoding="ascii") as f:
            f.write(text)
    assert client.hears("led", lambda r: (r["red"], r["green"], r["blue"]) == (17, 34, 51)), client.heard("led")
    effect = bytes([0x21, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    report = bytearray(63)
    report[0], report[1], report[11:22] = 0x02, 0x04, effect  # the right trigger
    with open(glob.glob("/dev/hidraw*")[0], "wb", buffering=0) as raw:
        raw.write(report)
    assert client.hears("trigger", lambda r: r["right"] and bytes.fromhex(r["effect"]) == effect), \
        client.heard("trigger")


def test_rumble_of_a_dualsense(client):
    client.say("pad 0 arrive dualsense")
    pad = plugged("Sony Interactive Entertainment DualSense Wireless Controller")
    rumble(pad, 0x8000, 0x4000, 1000)
    check_rumble(client, 0, 1000, 0x8080, 0x4040, 0x101)


def test_rumble_of_an_xbox_pad(client):
    client.say("pad 3 arrive xbox360")
    pad = plugged("Microsoft X-Box 360 pad")
    number = rumble(pad, 0xC000, 0x2000, 1000)
    check_rumble(client, 3, 1000, 0xC000, 0x2000, 2)
    pad.erase_effect(number)


def test_controllers_go_with_their_client(client, host):
    client.say("pad 0 arrive xboxone", "pad 1 arrive switchpro", "pad 0 state buttons=b")
    pad = plugged("Microsoft X-Box One S pad")
    plugged("Nintendo Co., Ltd. Pro Controller")
    assert wait_until(lambda: e.BTN_EAST in pad.active_keys(), WAIT_S)
    client.say("pad 0 remove")
    assert event(pad, e.EV_KEY, e.BTN_EAST, 0)
    assert wait_until(lambda: not devices("Microsoft X-Box One S pad"), WAIT_S)
    client.process.kill()
    host.stop()
    assert wait_until(lambda: not devices("Nintendo Co., Ltd. Pro Controller"), WAIT_S)


def test_a_client_that_comes_back_finds_its_controller(host, folder):
    first = Client(host, folder)
    first.say("pad 0 arrive dualsense")
    plugged("Sony Interactive Entertainment DualSense Wireless Controller")
    before = {d.path: d.uniq for d in devices("Sony Interactive Entertainment DualSense Wireless Controller")}
    first.leave()
    second = Client(host, folder)
    second.say("pad 0 arrive dualsense", "pad 0 state buttons=x")
    assert wait_until(lambda: any(e.BTN_WEST in d.active_keys() for d in devices(
        "Sony Interactive Entertainment DualSense Wireless Controller")), WAIT_S)
    assert {d.path: d.uniq for d in devices("Sony Interactive Entertainment DualSense Wireless Controller")} == before
    second.leave()
