"""A private desktop that is watched from inside, and clients that are told line by line what to send."""
import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
import time

from conftest import BUILD, PROBE, Host, pair, wait_until
from test_gamestream import Moonlight

OBSERVER = os.path.join(BUILD, "tests", "integration", "observer")
F24 = 194  # the mark's evdev code
WATCHED = "exec ./observer seen-$$\n"


class Client:
    """A client whose input lines are sent as they come (doc/probe-input.md)."""

    def __init__(self, args, env=None, *first):
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env={**os.environ, **(env or {})})
        self.say(*first)

    def say(self, *lines):
        """"wait N" among them is a pause of N ms here: only one of the clients knows it itself."""
        for line in lines:
            if line.startswith("wait "):
                self.process.stdin.flush()
                time.sleep(int(line.split()[1]) / 1000)
            else:
                self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self, how=signal.SIGTERM):
        """Whatever it prints in the end."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.communicate(timeout=30)


def native(host, folder, *args, mode="1280x720x20"):
    return Client([PROBE, "--connect", f"127.0.0.1:{host.port}", "--json", "--mode", mode, "--codec", "h264",
                   "--seconds", "300", "--quit", "--input-script", "-", *args],
                  {"PUNKTFUNK_CONFIG_DIR": folder}, "every 0.25")


def moonlight(host, folder, *args, mode="1280x720x20"):
    client = Moonlight(host, folder)
    assert client.pair() == 0, host.log()
    return Client(client.command("stream", "--app", "1", "--live", "--mode", mode, "--seconds", "300", *args))


CLIENTS = {"native": native, "moonlight": moonlight}


@contextlib.contextmanager
def running(session=WATCHED, everybody=True, **env):
    """A host for both kinds of client, paired or not; `session` is a script that runs in its directory and may start ./observer."""
    folder = tempfile.mkdtemp(prefix="pf-test-", dir="/tmp")
    os.chmod(folder, 0o755)
    shutil.copy(OBSERVER, os.path.join(folder, "observer"))
    with open(os.path.join(folder, "session.sh"), "w", encoding="utf-8") as f:
        f.write(session)
    host = Host(folder, [*(["--open"] if everybody else []), "--gamestream", "--gamestream-port", "0"],
                {"PUNKTFUNK_AUDIO_SOURCE": "tone", "PUNKTFUNK_PRIVATE_SESSION": "sh ./session.sh", **env})
    host.start()
    host.http = int(host.log().split("served on TCP ports ")[1].split(",")[0])
    try:
        yield host
    finally:
        host.stop()
    assert wait_until(lambda: not host.processes(), 5), f"left behind: {host.processes()}"
    assert host.displays() == []
    shutil.rmtree(folder, ignore_errors=True)


class Desk:
    """A client, and what an observer on its desktop sees."""

    def __init__(self, host, name, mode="1280x720x20", paired=False):
        before = set(os.listdir(host.folder))
        self.host = host
        self.kind = name
        # A device of its own, or it would find its last desktop again.
        self.device = tempfile.mkdtemp(prefix="device-", dir=host.folder)
        if paired:
            assert pair(host, self.device, host.ctl_json("pair", "arm")["pin"])[0] == 0
        self.client = CLIENTS[name](host, self.device, mode=mode)
        self.offset = 0

        def fresh():
            return [f for f in os.listdir(host.folder) if f.startswith("seen") and f not in before]

        assert wait_until(fresh, 20), host.log()
        self.path = os.path.join(host.folder, fresh()[0])
        assert wait_until(lambda: self.take_until(lambda e: e["event"] == "keyboard", 0.2) is not None, 15), host.log()
        # The host may still be opening its way in.
        assert wait_until(self.marked, 10), host.log()

    def close(self):
        """Ends the client and its desktop."""
        if self.client.process.poll() is None:
            self.client.end()
        if self.kind == "moonlight":
            Moonlight(self.host, self.device).run("cancel")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def read(self):
        """Whole lines that are new."""
        if not os.path.exists(self.path):
            return []
        with open(self.path, "rb") as f:
            f.seek(self.offset)
            data = f.read()
        data = data[:data.rfind(b"\n") + 1]
        self.offset += len(data)
        return [json.loads(line) for line in data.splitlines()]

    def take_until(self, last, seconds):
        """All events up to the one that `last` knows, or None when it does not come."""
        seen = []
        deadline = time.monotonic() + seconds
        while True:
            new = self.read()
            for e in new:
                if last(e):
                    return seen
                seen.append(e)
            if time.monotonic() > deadline:
                return None
            if not new:
                time.sleep(0.005)

    def marked(self):
        self.client.say("key tap 0x87")
        return self.take_until(lambda e: e["event"] == "key" and e["code"] == F24 and not e["down"], 0.5) is not None

    def do(self, *lines, seconds=10, mark="key tap 0x87"):
        """What the observer sees of these lines. A tap of F24 marks their end, on the same way as they took."""
        self.read()
        self.client.say(*lines, mark)
        seen = self.take_until(lambda e: e["event"] == "key" and e["code"] == F24 and not e["down"], seconds)
        assert seen is not None, f"the mark did not come back\n{self.host.log()}"
        return [e for e in seen if not (e["event"] == "key" and e["code"] == F24)]

    def keys(self, *lines, **more):
        return [(e["code"], e["down"]) for e in self.do(*lines, **more) if e["event"] == "key"]

    def spots(self, *lines):
        return [(e["x"], e["y"]) for e in self.do(*lines) if e["event"] in ("motion", "enter")]

    def pixels(self, *lines):
        return [(math.floor(x), math.floor(y)) for x, y in self.spots(*lines)]
