"""Moonlight's way in: a client of our own from the specification finds, pairs, launches, streams, types and quits."""
import contextlib
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from conftest import BUILD, Host, as_user

CLIENT = os.path.join(BUILD, "tests", "gamestream", "gamestream-client")
PIN = "0427"


class Moonlight:
    """One client, with its own certificate."""

    def __init__(self, host, folder):
        self.host = host
        self.state = str(folder)

    def command(self, *args):
        return [CLIENT, "--host", "127.0.0.1", "--http", str(self.host.http), "--state", self.state, *args]

    def run(self, *args, timeout=60):
        return subprocess.run(self.command(*args), capture_output=True, text=True, errors="replace",
                              timeout=timeout, check=False)

    def json(self, *args, **kwargs):
        done = self.run(*args, **kwargs)
        assert done.returncode == 0, done.stdout + done.stderr + self.host.log()
        return json.loads(done.stdout)

    def pair(self, typed=PIN, shown=PIN, **pin):
        """The operator types the PIN once the client waits for it."""
        process = subprocess.Popen(self.command("pair", "--pin", shown), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        assert process.stdout.readline().strip() == f"PIN {shown}"
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.host.ctl("pin", typed, *pin.get("who", ()))[0] == 0:
                break
            time.sleep(0.1)
        process.communicate(timeout=20)
        return process.returncode

    def stream(self, *args, app="1", timeout=60):
        how = ["--resume"] if app is None else ["--app", app]
        return self.json("stream", *how, *args, timeout=timeout)

    def start(self, *args, app="1", ready=None):
        how = ["--resume"] if app is None else ["--app", app]
        if ready:
            args = (*args, "--ready-file", ready)
        process = subprocess.Popen(self.command("stream", *how, *args), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30
        while ready and not os.path.exists(ready):
            assert time.monotonic() < deadline and process.poll() is None, self.host.log()
            time.sleep(0.05)
        return process

    def app(self, title):
        return str(next(a["id"] for a in self.json("applist") if a["title"] == title))

    def info(self):
        return self.json("info", "--https")


@pytest.fixture
def gs_host(make_host):
    def start(*args, **env):
        host = make_host("--gamestream", "--gamestream-port", "0", *args,
                         env={"PUNKTFUNK_AUDIO_SOURCE": "tone", "PUNKTFUNK_GAMESTREAM_SLOW_CODECS": "1", **env})
        host.http = int(host.log().split("served on TCP ports ")[1].split(",")[0])
        return host
    return start


@pytest.fixture
def paired(gs_host, tmp_path):
    """A host, and a client that is paired with it."""
    def start(*args, **env):
        host = gs_host(*args, **env)
        client = Moonlight(host, tmp_path / "client")
        assert client.pair() == 0, host.log()
        return host, client
    return start


def test_unpaired_client_sees_only_what_it_may(gs_host, tmp_path):
    host = gs_host()
    client = Moonlight(host, tmp_path / "client")
    info = client.json("info")
    assert info["PairStatus"] == "0" and info["mac"] == "00:00:00:00:00:00"
    assert info["appversion"] == "7.1.431.-1" and info["state"] == "SUNSHINE_SERVER_FREE"
    assert "status_code=\"404\"" in client.run("get", "/applist").stdout
    assert client.run("unpair").returncode == 0


def test_wrong_pin_is_one_guess(gs_host, tmp_path):
    host = gs_host()
    client = Moonlight(host, tmp_path / "client")
    assert client.pair(typed="1111", shown="2222") != 0
    assert host.ctl_json("clients")["moonlight"]["clients"] == []
    assert host.ctl("pin", "2222")[0] != 0, "the attempt must be over"
    assert client.pair() == 0
    names = [c["label"] for c in host.ctl_json("clients")["moonlight"]["clients"]]
    assert names == ["Moonlight"]


def test_two_that_wait_must_be_told_apart(gs_host, tmp_path):
    host = gs_host()
    first, second = Moonlight(host, tmp_path / "a"), Moonlight(host, tmp_path / "b")
    processes = [subprocess.Popen(c.command("pair", "--pin", PIN), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True) for c in (first, second)]
    deadline = time.monotonic() + 10
    while len(waiting := host.ctl_json("pair", "status")["moonlight"]["waiting"]) < 1:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    # Both clients have the same unique id and address: the later one takes the place of the first.
    time.sleep(0.5)
    waiting = host.ctl_json("pair", "status")["moonlight"]["waiting"]
    assert len(waiting) == 1
    assert host.ctl("pin", PIN, waiting[0]["uniqueid"], "00" * 32, waiting[0]["peer"])[0] == 1
    assert host.ctl("pin", PIN, waiting[0]["uniqueid"], waiting[0]["fingerprint"], waiting[0]["peer"])[0] == 0
    assert sorted(p.wait(20) == 0 for p in processes) == [False, True]


@pytest.mark.parametrize("codec,encrypt,channels,quality,duration", [
    ("h264", "control", 2, False, 5),
    ("h264", "all", 6, False, 5),
    ("h264", "none", 8, True, 10),
    ("hevc", "video", 8, False, 10),
    ("hevc", "audio", 6, True, 5),
    ("av1", "all", 2, True, 10),
])
def test_matrix(paired, codec, encrypt, channels, quality, duration):
    _, client = paired()
    args = ["--codec", codec, "--encrypt", encrypt, "--channels", str(channels), "--packet-duration", str(duration),
            "--mode", "640x360x30", "--seconds", "3", "--drop", "3", "--audio-drop", "3"]
    if quality:
        args.append("--high-quality")
    if encrypt == "none":
        args += ["--plain-rtsp", "--legacy-ping"]
    got = client.stream(*args)
    assert got["violations"] == [] and got["frames"] > 20
    assert got["packets_dropped"] > 0 and got["packets_repaired"] > 0
    assert got["audio_lost"] <= 2 and got["audio_packets"] > 1500 / duration
    assert len(got["audio_channel_rms"]) == channels
    assert all(0.1 < level < 0.25 for level in got["audio_channel_rms"]), got["audio_channel_rms"]


@pytest.mark.parametrize("burst", [1, 6])
def test_loss_is_repaired_or_recovered(paired, burst):
    _, client = paired()
    got = client.stream("--mode", "1280x720x60", "--seconds", "5", "--drop", "10", "--burst", str(burst),
                        "--seed", "7")
    assert got["violations"] == []
    assert got["frames"] > 60
    assert got["packets_repaired"] > 0
    if got["frames_lost"]:
        assert got["idr_requests"] > 0 and got["idr_frames"] > 1


@pytest.mark.parametrize("csc,wanted", [(0, "tv,smpte170m"), (1, "pc,smpte170m"), (2, "tv,bt709"), (3, "pc,bt709"),
                                        (4, "tv,bt2020nc")])
def test_colour_is_what_the_client_asks_for(paired, folder, csc, wanted):
    _, client = paired()
    stream = os.path.join(folder, "colour.h264")
    client.stream("--seconds", "1", "--csc", str(csc), "--out", stream)
    told = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=color_range,color_space", "-of",
                           "csv=p=0", stream], capture_output=True, text=True, check=True).stdout.strip()
    assert told == wanted
    errors = subprocess.run(["ffmpeg", "-v", "error", "-i", stream, "-f", "null", "-"], capture_output=True, text=True,
                            check=True).stderr
    assert errors == ""


def test_inputs_reach_the_display(paired, tmp_path):
    script = tmp_path / "session.sh"
    host, client = paired(PUNKTFUNK_PRIVATE_SESSION="foot sh ./typed.sh")
    script = os.path.join(host.folder, "typed.sh")
    with open(script, "w", encoding="utf-8") as f:
        f.write("read line; echo \"$line\" > typed; sleep 1000\n")
    os.chmod(script, 0o755)
    typed = os.path.join(host.folder, "typed")
    client.stream("--seconds", "3")  # the terminal has come up
    client.stream("--seconds", "3", "--text", "grüße €😀 ", app=None)
    client.stream("--seconds", "4", "--type", "Hello World 42\n", app=None)
    with open(typed, encoding="utf-8") as f:
        assert f.read() == "grüße €😀 Hello World 42\n"
    got = client.stream("--seconds", "4", "--inputs", app=None)
    assert got["violations"] == []
    assert [s for s in host.ctl_json("sessions")["sessions"] if s["events_refused"]] == []


def write_apps(host, apps):
    path = os.path.join(host.config, "apps.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"apps": apps}, f)
    os.chmod(path, 0o644)


def test_apps_begin_and_end_the_stream(paired):
    host, client = paired()
    motion = os.path.join(host.folder, "punktfunk-motion")
    write_apps(host, [{"name": "Short & <sweet>", "env": {"WORD": "it's \"me\""},
                       "command": f"{motion} & echo \"$WORD $PF_STREAM_WIDTH\" > {host.folder}/word; sleep 6"}])
    got = client.stream("--seconds", "20", app=client.app("Short & <sweet>"))
    assert got["termination"] == "0x80030023" and got["frames"] > 60
    with open(os.path.join(host.folder, "word"), encoding="utf-8") as f:
        assert f.read() == "it's \"me\" 1280\n"
    assert client.info()["state"] == "SUNSHINE_SERVER_FREE"


def test_app_that_is_not_installed_says_so(paired):
    host, client = paired()
    write_apps(host, [{"name": "Gone", "command": "no-such-game --fullscreen"}])
    done = client.run("stream", "--app", client.app("Gone"), "--seconds", "1")
    assert done.returncode == 2 and "no-such-game is not installed" in done.stderr
    assert client.info()["state"] == "SUNSHINE_SERVER_FREE"


def test_resume_cancel_and_takeover(paired, tmp_path):
    host, client = paired()
    other = Moonlight(host, tmp_path / "other")
    assert other.pair() == 0
    assert client.stream("--seconds", "1")["frames"] > 10
    before = host.displays()
    assert client.info()["currentgame"] == "1" and client.info()["state"] == "SUNSHINE_SERVER_BUSY"
    # Nobody streams it: another device may go on with it, at its own mode, on the same desktop.
    assert other.info()["currentgame"] == "1"
    assert other.stream("--seconds", "1", "--mode", "800x600x30", app=None)["frames"] > 5
    assert host.displays() == before
    assert client.info()["currentgame"] == "1"
    assert client.run("cancel").returncode == 0
    assert client.info()["currentgame"] == "0" and other.info()["currentgame"] == "0"
    deadline = time.monotonic() + 10
    while host.displays() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert host.displays() == []


def test_quitting_right_behind_the_stream(paired, tmp_path):
    """As Moonlight does it: the stream is still ending when the app is quit. A slow encoder makes that last."""
    host, client = paired()
    process = client.start("--seconds", "60", "--codec", "av1", "--mode", "3840x2160x60",
                           ready=str(tmp_path / "ready"))
    process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 10
    while "the client left" not in host.log():
        assert time.monotonic() < deadline
    assert client.run("cancel").returncode == 0
    assert client.info()["state"] == "SUNSHINE_SERVER_FREE"
    process.communicate(timeout=30)
    deadline = time.monotonic() + 10
    while host.displays() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert host.displays() == [], "what was quit is not kept"


def test_client_that_vanishes_and_comes_back(paired, tmp_path):
    host, client = paired()
    assert client.stream("--seconds", "2", "--vanish")["frames"] > 20
    assert client.stream("--seconds", "1", app=None)["frames"] > 10, "the same device takes over at once"
    assert client.stream("--seconds", "1", "--vanish", app=None)["frames"] > 10
    deadline = time.monotonic() + 20
    while any(s["state"] != "ending" for s in host.ctl_json("sessions")["sessions"]):
        assert time.monotonic() < deadline, host.log()
        time.sleep(0.5)
    assert "lost: nothing heard from the client" in host.log()
    assert len(host.displays()) == 1, "the app goes on"


def test_two_moonlights_and_a_native_client(paired, run_probe, tmp_path):
    host, first = paired("--open")
    second = Moonlight(host, tmp_path / "second")
    assert second.pair() == 0
    results = {}

    def go(name, client, mode):
        results[name] = client.stream("--mode", mode, "--seconds", "4")

    threads = [threading.Thread(target=go, args=a) for a in
               (("first", first, "640x360x60"), ("second", second, "800x600x30"))]
    for t in threads:
        t.start()
    code, native, err = run_probe(host, "--mode", "480x270x30", "--seconds", "4")
    for t in threads:
        t.join()
    assert code == 0, err
    assert native["new_frames"] > 60, native
    for got in results.values():
        assert got["frames"] > 60 and got["violations"] == []
    assert len(host.displays()) >= 2


def test_operator_stops_and_unpairs(paired, tmp_path):
    host, client = paired()
    process = client.start("--seconds", "60", ready=str(tmp_path / "ready"))
    sessions = host.ctl_json("sessions")["sessions"]
    assert [s["state"] for s in sessions] == ["streaming"]
    assert host.ctl("stop-session", str(sessions[0]["id"]))[0] == 0
    out, _ = process.communicate(timeout=20)
    assert json.loads(out)["termination"] == "0x80030023"
    fp = host.ctl_json("clients")["moonlight"]["clients"][0]["fingerprint"]
    assert host.ctl("rename", fp[:12], "Couch")[0] == 0
    process = client.start("--seconds", "60", ready=str(tmp_path / "ready2"))
    assert host.ctl("unpair", fp[:12])[0] == 0
    out, _ = process.communicate(timeout=20)
    assert json.loads(out)["termination"] == "0x80030023"
    assert client.run("info", "--https").returncode != 0
    assert "401" in client.run("get", "/applist", "--https").stdout


def test_host_that_requires_encryption(paired):
    _, client = paired(PUNKTFUNK_GAMESTREAM_ENCRYPT="required")
    done = client.run("stream", "--app", "1", "--seconds", "1", "--plain-rtsp")
    assert done.returncode == 2 and "403" in done.stderr
    done = client.run("stream", "--app", "1", "--seconds", "1", "--encrypt", "control")
    assert done.returncode == 2 and "403" in done.stderr
    assert client.stream("--seconds", "1", "--encrypt", "all")["violations"] == []


def test_host_ends_streams_and_leaves_nothing(paired, tmp_path):
    host, client = paired()
    process = client.start("--seconds", "60", ready=str(tmp_path / "ready"))
    assert host.stop() == 0
    out, _ = process.communicate(timeout=20)
    assert json.loads(out)["termination"] == "0x80030023"
    assert host.displays() == [] and host.processes() == []


def test_port_in_use_is_named(folder, gs_host):
    host = gs_host()
    second = Host(os.path.join(folder, "second"), ["--gamestream", "--gamestream-port", str(host.http)], {})
    done = subprocess.run(as_user([second.bin, "serve", "--native-port", "0", "--native-bind", "127.0.0.1",
                                   "--mgmt-bind", "127.0.0.1:0", *second.args]),
                          capture_output=True, text=True, env=second.env, cwd=second.folder, timeout=30, check=False)
    assert done.returncode == 1
    assert str(host.http) in done.stderr and "in use" in done.stderr


@pytest.mark.parametrize("query", [
    "/launch?appid=1", "/launch?appid=1&rikey=zz&rikeyid=1&localAudioPlayMode=0",
    "/launch?appid=99999999999&rikey=" + "0" * 32 + "&rikeyid=1&localAudioPlayMode=0",
    "/resume", "/resume?rikey=00&rikeyid=x", "/pair?uniqueid=../../etc", "/pair", "/appasset?appid=-1",
    "/serverinfo?" + "a" * 2000, "/%00%ff", "/launch?appid=%00&rikey=%ff",
])
def test_http_nonsense_gets_an_answer(paired, query):
    host, client = paired()
    for extra in ([], ["--https"]):
        client.run("get", query, *extra)
    assert client.info()["PairStatus"] == "1", host.log()


def ports(host):
    found = re.search(r"TCP ports (\d+), (\d+) and (\d+), UDP ports (\d+), (\d+) and (\d+)", host.log())
    return dict(zip(("http", "https", "rtsp", "video", "control", "audio"), map(int, found.groups())))


def pour_nonsense(port, until):
    """Random bytes, well-begun lies and half requests on every port."""
    dice = random.Random(4)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    held = []
    while time.monotonic() < until:
        junk = dice.randbytes(dice.randrange(1, 1400))
        for name in ("video", "control", "audio"):
            udp.sendto(junk, ("127.0.0.1", port[name]))
            udp.sendto(b"PING", ("127.0.0.1", port[name]))
            udp.sendto(struct.pack("!HHBBHIIIIIIIIII", 0x8FFF, 1, 0x82, 0xFF, 1, 0, *([dice.getrandbits(32)] * 9)),
                       ("127.0.0.1", port[name]))
        for name, text in (("rtsp", b"OPTIONS rtsp://x RTSP/1.0\r\nCSeq: 1\r\n\r\n"), ("rtsp", junk),
                           ("rtsp", struct.pack("!II", 0x80000010, 1) + junk[:32]), ("http", junk), ("https", junk)):
            held.append(socket.create_connection(("127.0.0.1", port[name]), timeout=5))
            with contextlib.suppress(OSError):  # it may be closed at once
                held[-1].sendall(text)
        while len(held) > 40:
            held.pop(0).close()
        time.sleep(0.01)
    for s in held:
        s.close()


def test_nonsense_on_every_port_disturbs_nobody(paired, tmp_path):
    host, client = paired()
    process = client.start("--seconds", "6", "--encrypt", "all", ready=str(tmp_path / "ready"))
    pour_nonsense(ports(host), time.monotonic() + 4)
    out, err = process.communicate(timeout=30)
    got = json.loads(out)
    assert process.returncode == 0 and got["violations"] == [] and got["termination"] is None, out + err + host.log()
    assert got["frames"] > 100 and got["frames_lost"] == 0
    assert client.stream("--seconds", "1", app=None)["frames"] > 10, "and whoever comes next is served"
