"""Keyboard, pointer and scrolling, as a program on the desktop sees them, from both kinds of client."""
import math
import os
import re
import signal
import time

import pytest

from conftest import wait_until
from desk import CLIENTS, Desk, running

BUTTONS = {"left": 272, "middle": 274, "right": 273, "back": 275, "forward": 276}
VERTICAL, HORIZONTAL = 0, 1
WHEEL, FINGER = 0, 1

# Virtual keys as the protocols' tables list them.
LETTERS = dict(zip(range(0x41, 0x5B), (30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20, 22,
                                       47, 17, 45, 21, 44)))
DIGITS = {0x30: 11, **{0x30 + n: n + 1 for n in range(1, 10)}}
PAD_DIGITS = dict(zip(range(0x60, 0x6A), (82, 79, 80, 81, 75, 76, 77, 71, 72, 73)))
FUNCTIONS = {**{0x70 + n: 59 + n for n in range(10)}, 0x7A: 87, 0x7B: 88}
BOTH = {
    **LETTERS, **DIGITS, **PAD_DIGITS, **FUNCTIONS,
    0x08: 14, 0x09: 15, 0x0D: 28, 0x10: 42, 0x11: 29, 0x12: 56, 0x13: 119, 0x14: 58, 0x1B: 1, 0x1C: 92, 0x1D: 94,
    0x20: 57, 0x21: 104, 0x22: 109, 0x23: 107, 0x24: 102, 0x25: 105, 0x26: 103, 0x27: 106, 0x28: 108, 0x2C: 99,
    0x2D: 110, 0x2E: 111, 0x5B: 125, 0x5C: 126, 0x5D: 127, 0x6A: 55, 0x6B: 78, 0x6D: 74, 0x6E: 83, 0x6F: 98, 0x90: 69,
    0x91: 70, 0xA0: 42, 0xA1: 54, 0xA2: 29, 0xA3: 97, 0xA4: 56, 0xA5: 100, 0xB0: 163, 0xB1: 165, 0xB2: 166, 0xB3: 164,
    0xBA: 39, 0xBB: 13, 0xBC: 51, 0xBD: 12, 0xBE: 52, 0xBF: 53, 0xC0: 41, 0xC1: 89, 0xC2: 121, 0xDB: 26, 0xDC: 43,
    0xDD: 27, 0xDE: 40, 0xE2: 86,
}
MEDIA = {0xAD: 113, 0xAE: 114, 0xAF: 115, **{0x7C + n: 183 + n for n in range(11)}}  # F24 is the mark itself
KEYS = {
    "native": {**BOTH, **MEDIA, 0x15: 122, 0x19: 123, 0x6C: 96, 0xE1: 124, 0xF2: 93, 0xF3: 85},
    "moonlight": {
        **BOTH, **MEDIA, 0x0C: 355, 0x15: 93, 0x16: 122, 0x17: 123, 0x19: 85, 0x29: 353, 0x2A: 99, 0x2F: 138, 0x5F: 142,
        0x6C: 121, 0x92: 117, 0x9A: 99, 0xA6: 158, 0xA7: 159, 0xA8: 173, 0xA9: 128, 0xAA: 217, 0xAB: 156, 0xAC: 172,
        0xB4: 155, 0xB5: 226, 0xB6: 157, 0xB7: 140, 0xDF: 41, 0xE5: 127, 0xF1: 90, 0xF2: 91,
    },
}
NOBODYS_KEYS = (0x00, 0x07, 0x0A, 0x3A, 0x40, 0x88, 0xE8, 0xFF)


@pytest.fixture(scope="module")
def host():
    with running() as host:
        yield host


@pytest.fixture(scope="module", params=CLIENTS)
def desk(host, request):
    with Desk(host, request.param) as desk:
        yield desk
    assert desk.client.process.returncode == 0, host.log()
    end = {"native": "session", "moonlight": "gamestream"}[request.param] + r": .*; input: \d+ events, p50 [\d.]+ us, p99 [\d.]+ us"
    assert wait_until(lambda: re.search(end, host.log()), 5), host.log()


@pytest.fixture(name="native_desk")
def only_native(desk):
    if desk.kind != "native":
        pytest.skip("Moonlight has no such message")
    return desk


def tapped(codes):
    return [(code, down) for code in codes for down in (True, False)]


# --- keys ---

def test_every_key_arrives_as_its_position_and_is_let_go(desk):
    table = KEYS[desk.kind]
    assert desk.keys(*(f"key tap {vk:#x}" for vk in table)) == tapped(table.values())


def test_no_key_leaves_a_lock_behind(desk):
    """The sweep has pressed CapsLock and NumLock, so both are pressed once more, which undoes them."""
    locked = [e["locked"] for e in desk.do("key tap 0x14", "key tap 0x90") if e["event"] == "modifiers"]
    assert locked[-1] == 0


def test_what_is_no_key_is_dropped(desk):
    assert desk.keys(*(f"key tap {vk:#x}" for vk in NOBODYS_KEYS)) == []


def test_keys_that_are_edges_arrive_like_any_other(native_desk):
    assert native_desk.keys("edge tap 0x41", "edge down 0x42", "edge up 0x42", mark="edge tap 0x87") == tapped([30, 48])


def test_an_edge_and_its_datagram_are_one_press(native_desk):
    seen = native_desk.keys("edge down 0x41", "wait 50", "key down 0x41", "key up 0x41", "wait 50", "edge up 0x41",
                            "wait 50")
    assert seen == tapped([30])


def test_repeats_and_strays_are_dropped(desk):
    assert desk.keys("key down 0x41", "key down 0x41", "key up 0x41", "key up 0x41", "key up 0x42") == tapped([30])


def test_shift_is_held_while_it_is_held(desk):
    typed = [e["text"] for e in desk.do("key down 0xA0", "key tap 0x41", "key up 0xA0", "key tap 0x41")
             if e["event"] == "key" and e["code"] == 30 and e["down"]]
    assert typed == ["A", "a"]


def test_modifiers_outlast_text_that_is_typed_in_between(desk):
    seen = desk.do("key down 0xA0", "text é", "key tap 0x41", "key up 0xA0", "key tap 0x41")
    typed = [e["text"] for e in seen if e["event"] == "key" and e["down"] and e["text"]]
    assert typed == ["é", "A", "a"]


# --- pointer ---

def apart(lines):
    """So that they arrive one by one: motion that comes together is one motion."""
    return [x for line in lines for x in (line, "wait 6")]


@pytest.mark.parametrize("width,height", [(1280, 720), (1366, 768), (2560, 1440)])
@pytest.mark.parametrize("kind", CLIENTS)
def test_every_corner_can_be_pointed_at(host, kind, width, height):
    right, bottom = width - 1, height - 1
    spots = [(0, 0), (right, 0), (right, bottom), (0, bottom), (width // 2, height // 2), (1, 1), (right - 1, bottom - 1)]
    with Desk(host, kind, mode=f"{width}x{height}x10") as desk:
        assert [desk.pixels(f"place {x} {y} {width} {height}")[-1] for x, y in spots] == spots


def test_each_pixel_of_a_row_is_its_own(desk):
    row = [*range(0, 1280, 7), 1278, 1279]
    seen = [x for x, _ in desk.pixels(*apart(f"place {x} 10 1280 720" for x in row))]
    assert set(seen) <= set(row) and seen == sorted(seen) and len(seen) > len(row) / 2  # some may merge nevertheless


def test_more_than_the_compositor_takes_at_once_ends_where_it_should(desk):
    seen = desk.do("place 0 0 1280 720", "key down 0x41", *(f"place {x} {y} 1280 720" for y in range(5)
                                                            for x in range(1280)), "key up 0x41", "move 0 7")
    last = [e for e in seen if e["event"] == "motion"][-1]
    assert (math.floor(last["x"]), math.floor(last["y"])) == (1279, 11)
    assert [(e["code"], e["down"]) for e in seen if e["event"] == "key"] == tapped([30])
    assert desk.keys("key tap 0x42") == tapped([48])


def test_a_smaller_surface_is_spread_over_the_picture(desk):
    places = [(100, 100), (0, 0), (320, 180), (639, 359)]
    _, corner, middle, opposite = [desk.spots(f"place {x} {y} 640 360")[-1] for x, y in places]
    assert corner == (0, 0)
    assert all(abs(a - b) <= 1.1 for a, b in zip(middle, (640, 360)))
    assert opposite[0] >= 1278 and opposite[1] >= 718


def test_what_lies_outside_is_at_the_edge(desk):
    places = [(9, 9), (5000, 5000), (-5, -7)]
    assert [desk.pixels(f"place {x} {y} 1280 720")[-1] for x, y in places][1:] == [(1279, 719), (0, 0)]


def test_relative_motion_adds_up(desk):
    steps = [(3, -2), (1, 1), (-7, 5), (120, 90), (-1, 0), (0, -1), (-250, -110)] * 5
    spots = desk.spots("place 1000 600 1280 720", *(f"move {x} {y}" for x, y in steps))
    x, y = spots[0]
    for dx, dy in steps:
        x, y = min(max(x + dx, 0), 1279), min(max(y + dy, 0), 719)
    assert spots[-1] == (x, y)


def test_five_buttons(desk):
    seen = desk.do(*(f"button {name} {how}" for name in BUTTONS for how in ("down", "up")))
    assert [(e["code"], e["down"]) for e in seen if e["event"] == "button"] == tapped(BUTTONS.values())


# --- scrolling ---

def scrolled(desk, *lines):
    """((axis, value) of each axis event, (axis, steps) of each detent)"""
    seen = desk.do("place 640 360 1280 720", *lines)
    axes = [e for e in seen if e["event"] == "axis"]
    assert all(e["source"] == WHEEL for e in axes)
    return ([(e["axis"], e["value"]) for e in axes],
            [(e["axis"], e["steps"]) for e in seen if e["event"] == "detents"])


def test_a_detent_is_a_detent_in_every_direction(desk):
    """Up is less and right is more, on Wayland."""
    for axis, amount, number, sign in (("vertical", 120, VERTICAL, -1), ("vertical", -120, VERTICAL, 1),
                                       ("horizontal", 120, HORIZONTAL, 1), ("horizontal", -240, HORIZONTAL, -1)):
        detents = abs(amount) // 120
        assert scrolled(desk, f"wheel {axis} {amount}") \
            == ([(number, 15 * sign * detents)], [(number, sign * detents)])


def test_parts_of_a_detent_scroll_smoothly_and_add_up(desk):
    axes, detents = scrolled(desk, *["wheel vertical 30"] * 4)
    assert axes == [(VERTICAL, -3.75)] * 4
    assert detents == [(VERTICAL, -1)]


def test_a_turn_begins_anew(desk):
    _, detents = scrolled(desk, "wheel vertical 90", "wheel vertical -90", "wheel vertical -30")
    assert detents == [(VERTICAL, 1)]


def test_a_wheel_in_the_new_message_is_the_same_wheel(native_desk):
    assert scrolled(native_desk, "scroll vertical wheel none 120") == ([(VERTICAL, -15)], [(VERTICAL, -1)])


def test_fingers_scroll_by_pixels_and_stop(native_desk):
    seen = native_desk.do("scroll vertical finger begin 0", "scroll vertical finger update -7",
                          "scroll vertical finger update -2.5", "scroll vertical finger end 0",
                          "scroll horizontal finger update 4", "scroll horizontal finger end 0")
    axes = [(e["axis"], e["value"]) for e in seen if e["event"] == "axis" and e["value"]]
    assert axes == [(VERTICAL, 7), (VERTICAL, 2.5), (HORIZONTAL, 4)]
    assert {e["source"] for e in seen if e["event"] == "axis"} == {FINGER}
    assert [e["axis"] for e in seen if e["event"] == "axis_stop"] == [VERTICAL, HORIZONTAL]


# --- ends ---

HOLD = ("place 300 300 1280 720", "key down 0x41", "key down 0xA0", "button left down", "button right down")


def held(events):
    """What is still down after these."""
    down = set()
    for e in events:
        if e["event"] in ("key", "button"):
            (down.add if e["down"] else down.discard)((e["event"], e["code"]))
    return down


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("end", ["quits", "is killed", "is thrown out"])
def test_nothing_stays_held_when_the_client(host, kind, end):
    with Desk(host, kind) as desk:
        events = desk.do(*HOLD)
        assert len(held(events)) == 4
        if end == "is thrown out":
            sessions = host.ctl_json("sessions")["sessions"]
            assert host.ctl("stop-session", str(max(s["id"] for s in sessions)))[0] == 0
        else:
            desk.client.process.send_signal(signal.SIGTERM if end == "quits" else signal.SIGKILL)

        def let_go():
            events.extend(desk.read())
            return not held(events)

        assert wait_until(let_go, 25), held(events)


def test_nothing_stays_held_that_may_no_longer_be_sent():
    with running(everybody=False) as host, Desk(host, "native", paired=True) as desk:
        fingerprint = host.ctl_json("clients")["clients"][-1]["fingerprint"]
        events = desk.do(*HOLD)
        assert len(held(events)) == 4
        assert host.ctl("access", fingerprint, "controller")[0] == 0
        assert wait_until(lambda: events.extend(desk.read()) or not held(events), 10), held(events)
        desk.client.say("key tap 0x42", "button left click", "text x")
        assert host.ctl("access", fingerprint, "full")[0] == 0
        assert desk.keys("key tap 0x43") == tapped([46])  # and nothing of what came before


def test_the_built_in_tests_send_what_they_promise(host, start_probe, folder):
    log = os.path.join(folder, "feedback")
    code, summary, err = start_probe(host, "--input-test", "--touch-test", "--rich-input-test", "--feedback", log,
                                     "--codec", "h264", "--mode", "640x360x20", "--seconds", "9", "--quit").result()
    assert code == 0, err
    assert summary["input"]["events"] > 800
    with open(log, encoding="utf-8") as f:
        assert len(f.readlines()) == summary["input"]["rumble"] + summary["input"]["hid_output"]


def test_a_script_with_a_mistake_is_not_begun(host, start_probe, folder):
    path = os.path.join(folder, "script")
    with open(path, "w", encoding="utf-8") as f:
        f.write("key tap 0x41\nbutton side down\n")
    code, _, err = start_probe(host, "--input-script", path).result()
    assert code == 2
    assert f"{path}, line 2: \"side\" is no button" in err


def test_a_compositor_that_dies_under_input_ends_no_host():
    with running() as host:
        with Desk(host, "native") as desk:
            desk.client.say("every 1", *(line for i in range(1000) for line in (f"move {i % 7 - 3} 1", "key tap 0x41")))
            time.sleep(0.5)
            sway = [pid for pid, command in host.processes() if command.split()[0].endswith("sway")]
            assert len(sway) == 1, host.processes()
            os.kill(sway[0], signal.SIGKILL)
            time.sleep(2)
            assert host.process.poll() is None, host.log()
        with Desk(host, "native") as desk:
            assert desk.keys("key tap 0x41") == tapped([30])
