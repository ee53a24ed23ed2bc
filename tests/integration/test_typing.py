"""Text and keys that are typed into a terminal, under the host's different layouts, from both kinds of client."""
import os
import tempfile
import time

import pytest

from conftest import wait_until
from desk import CLIENTS, running

# Writes down every byte that the terminal is given.
TERMINAL = "exec foot sh -c 'stty raw -echo; exec cat > typed-$$'\n"
LAYOUTS = {"us": {}, "de": {}, "fr": {}, "dvorak": {"XKB_DEFAULT_LAYOUT": "us", "XKB_DEFAULT_VARIANT": "dvorak"}}

MARK = "⌁"

PIECES = {
    "accents": "àéîõüçñßøåæœÐþŽőřż ÀÉÎÕÜÇÑẞØÅÆŒ",
    "Greek": "Ελληνικά ώΩ",
    "Cyrillic": "Съешь же ещё этих мягких",
    "CJK": "漢字かなカナ한국어中文",
    "emoji": "😀🎮🚀❤️👍🏽",
    "combining": "e\u0301a\u0308n\u0303o\u0302\u0323",
    "joined": "👩‍👩‍👧‍👦🏳️‍🌈ﬁﬂ",
    "right to left": "שלום مرحبا",
    "signs": "~^|@#{}[]\\`´'\"<>€£¥§°²³µ…–—„“”«»$&%!?*+-_=/()",
}
EVERY_PIECE = " ".join(PIECES.values())
# More characters than one keymap of the typist holds.
MANY = "".join(chr(c) for c in (*range(0x21, 0x7F), *range(0xA1, 0x180), *range(0x391, 0x3A2), *range(0x3A3, 0x3CA),
                                *range(0x410, 0x450), *range(0x4E00, 0x4E50)))


class Terminal:
    def __init__(self, host, kind):
        before = set(os.listdir(host.folder))
        self.host = host
        self.device = tempfile.mkdtemp(prefix="device-", dir=host.folder)
        self.client = CLIENTS[kind](host, self.device)

        def ready():
            return [f for f in os.listdir(host.folder) if f.startswith("typed-") and f not in before]

        assert wait_until(ready, 20), host.log()
        self.path = os.path.join(host.folder, ready()[0])
        # A key that comes through says that the way in is open; before it, they may come to nothing.
        assert wait_until(self.answers, 10), host.log()
        self.settle()

    def answers(self):
        self.client.say("key tap 0x20")
        time.sleep(0.05)
        return self.bytes() != b""

    def settle(self):
        size = -1
        while size != (size := len(self.bytes())):
            time.sleep(0.2)
        self.begin = size

    def bytes(self):
        with open(self.path, "rb") as f:
            return f.read()

    def typed(self, *lines, seconds=10):
        """What the terminal has got of these lines. A last character marks their end."""
        begin = len(self.bytes())
        self.client.say(*lines, "text " + MARK)
        end = MARK.encode()
        assert wait_until(lambda: self.bytes()[begin:].endswith(end), seconds), self.bytes()[begin:]
        return self.bytes()[begin:-len(end)].decode("utf-8", errors="replace")


@pytest.fixture(scope="module", params=LAYOUTS)
def host(request):
    with running(TERMINAL, **{"XKB_DEFAULT_LAYOUT": request.param, **LAYOUTS[request.param]}) as host:
        host.layout = request.param
        yield host


@pytest.fixture(scope="module", params=CLIENTS)
def terminal(host, request):
    terminal = Terminal(host, request.param)
    yield terminal
    terminal.client.end()
    assert terminal.client.process.returncode == 0, host.log()


@pytest.fixture(name="us_terminal")
def only_us(terminal):
    if terminal.host.layout != "us":
        pytest.skip("text has a keymap of its own under every layout")
    return terminal


def text(piece):
    return f"text {piece}"


def test_every_script_arrives_as_it_was_typed(terminal):
    for name, piece in PIECES.items():
        assert terminal.typed(text(piece)) == piece, name


def test_more_characters_than_a_keymap_holds(us_terminal):
    assert us_terminal.typed(text(MANY), seconds=30) == MANY


def test_a_long_text_at_full_speed(us_terminal):
    long = (EVERY_PIECE + " The quick brown fox jumps over the lazy dog. ") * 8
    assert us_terminal.typed(text(long), seconds=30) == long


def test_text_and_keys_keep_their_order(terminal):
    h, i = {"dvorak": "dc"}.get(terminal.host.layout, "hi")
    lines, wanted = [], ""
    for n in range(30):
        piece = MANY[3 * n:3 * n + 3]
        lines += ["key tap 0x48", text(piece), "key tap 0x49", "key tap 0x48"]
        wanted += h + piece + i + h
    assert terminal.typed(*lines) == wanted


# Of the keys at the places of the US layout's q, y and c.
PLAIN = {"us": "qyc", "de": "qzc", "fr": "ayc", "dvorak": "'fj"}
SHIFTED = {"us": "QYC", "de": "QZC", "fr": "AYC", "dvorak": "\"FJ"}
Q_Y_C = ("key tap 0x51", "key tap 0x59", "key tap 0x43")


def test_keys_are_those_of_the_layout(terminal):
    assert terminal.typed(*Q_Y_C) == PLAIN[terminal.host.layout]


def test_shift_is_of_the_layout_and_ends(terminal):
    layout = terminal.host.layout
    assert terminal.typed("key down 0xA0", *Q_Y_C, "key up 0xA0", *Q_Y_C) == SHIFTED[layout] + PLAIN[layout]


def test_modifiers_are_right_after_text_in_between(terminal):
    layout = terminal.host.layout
    assert terminal.typed("key down 0xA0", text("é"), *Q_Y_C, text("漢"), *Q_Y_C, "key up 0xA0", text("ß"), *Q_Y_C) \
        == "é" + SHIFTED[layout] + "漢" + SHIFTED[layout] + "ß" + PLAIN[layout]


def test_caps_lock_turns_on_and_off(terminal):
    layout = terminal.host.layout
    got = terminal.typed("key tap 0x14", "key tap 0x51", "key tap 0x59", text("é"), "key tap 0x59", "key tap 0x14", *Q_Y_C)
    assert got == (PLAIN[layout][:2].upper() + "é" + PLAIN[layout][1].upper() + PLAIN[layout])


def test_num_lock_gives_digits(terminal):
    assert terminal.typed("key tap 0x90", "key tap 0x61", "key tap 0x65", "key tap 0x90") == "15"


def test_ctrl_c_is_what_the_terminal_takes_it_for(terminal):
    c = "key tap 0x49" if terminal.host.layout == "dvorak" else "key tap 0x43"
    assert terminal.typed("key down 0xA2", c, "key up 0xA2", *Q_Y_C) == "\x03" + PLAIN[terminal.host.layout]


def test_alt_gr_gives_the_euro_sign(terminal):
    if terminal.host.layout not in ("de", "fr"):
        pytest.skip("this layout has no AltGr")
    assert terminal.typed("key down 0xA5", "key tap 0x45", "key up 0xA5", "key tap 0x45") == "€e"
