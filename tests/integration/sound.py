"""A user's sound: PipeWire, WirePlumber and pipewire-pulse in directories of their own, ended by pid; tones to play."""
import contextlib
import json
import math
import os
import pwd
import shutil
import signal
import struct
import subprocess
import tempfile

from conftest import USER, as_user, wait_until

POSITIONS = ["FL", "FR", "FC", "LFE", "RL", "RR", "SL", "SR"]  # the order of samples on the wire
# What 5.1 and 7.1 are in a WAV: the bits FL FR FC LFE BL BR (SL SR), in this order.
MASKS = {2: 0x3, 6: 0x3F, 8: 0x63F}

# What WirePlumber 0.4 cannot start without a bus and logind for: hardware, and programs in sandboxes.
WIREPLUMBER = {
    "main.lua.d/51-no-bus.lua": "alsa_monitor.properties['alsa.reserve'] = false\n"
                                "default_access.properties['enable-flatpak-portal'] = false\n",
    "bluetooth.lua.d/51-no-bus.lua": "bluez_monitor.enabled = false\n",
}


def tone(path, hertz, seconds=60, rate=48000, level=0.25):
    """A WAV of floats with one steady tone per channel (0 = silence)."""
    channels = len(hertz)
    # One second of whole periods is the same every second.
    second = b"".join(
        struct.pack(f"<{channels}f", *(level * math.sin(2 * math.pi * hz * n / rate) for hz in hertz))
        for n in range(rate))
    float_guid = b"\x03\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
    form = struct.pack("<HHIIHHHHI", 0xFFFE, channels, rate, rate * channels * 4, channels * 4, 32, 22, 32,
                       MASKS[channels]) + float_guid
    size = len(second) * seconds
    with open(path, "wb") as f:
        f.write(b"RIFF" + struct.pack("<I", 4 + 8 + len(form) + 8 + size) + b"WAVE")
        f.write(b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size))
        for _ in range(seconds):
            f.write(second)
    os.chmod(path, 0o644)
    return path


class Graph:
    """The daemons run from start to stop; `env` is what a program of this user has."""

    def __init__(self):
        # Short, because a socket's path is bounded; not pytest's own, because the service user must reach it.
        self.folder = tempfile.mkdtemp(prefix="pf-sound-", dir="/tmp")
        self.runtime = os.path.join(self.folder, "run")
        self.socket = os.path.join(self.runtime, "pipewire-0")
        config = os.path.join(self.folder, "config")
        os.makedirs(self.runtime, mode=0o700)
        for name, text in WIREPLUMBER.items():
            path = os.path.join(config, "wireplumber", name)
            os.makedirs(os.path.dirname(path))
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        os.chmod(self.folder, 0o755)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(USER)
            for path in (self.folder, self.runtime, config):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        self.env = {
            "PATH": os.environ["PATH"], "HOME": self.folder, "USER": USER, "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": self.runtime, "XDG_CONFIG_HOME": config,
            "XDG_STATE_HOME": os.path.join(self.folder, "state"),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.folder}/no-bus",
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/no-bus",
        }
        self.daemons = {}
        self.programs = []

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run_background(self, *args, **more):
        """A program of this user; ended with the graph at the latest."""
        process = subprocess.Popen(as_user(list(args)), env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL,
                                   **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **more})
        self.programs.append(process)
        return process

    def run(self, *args, timeout=20):
        """What a program of this user prints."""
        done = subprocess.run(as_user(list(args)), env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_daemon(self, name):
        with open(os.path.join(self.folder, name + ".log"), "ab") as log:
            self.daemons[name] = self.run_background(name, stdout=log, stderr=log)

    def start(self):
        self.start_daemon("pipewire")
        assert wait_until(lambda: os.path.exists(self.socket), 10), self.log("pipewire")
        self.start_daemon("wireplumber")
        self.start_daemon("pipewire-pulse")
        # Without a sound card the null sink that it brings is the default.
        assert wait_until(lambda: self.default("sink"), 20), self.log("wireplumber") + self.log("pipewire-pulse")
        return self

    def kill(self, name, how=signal.SIGKILL):
        process = self.daemons.pop(name)
        process.send_signal(how)
        process.wait(timeout=10)
        if name == "pipewire":  # whoever looks for the next one must not find what this one left
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.socket)

    def stop(self):
        for process in reversed(self.programs):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=5)
                process.kill()
                process.wait()
        self.programs.clear()
        self.daemons.clear()

    def restart(self):
        """As when PipeWire dies: those that live by it end too and are started again."""
        self.stop_daemons()
        return self.start()

    def stop_daemons(self):
        for name in ("pipewire", "pipewire-pulse", "wireplumber"):
            if name in self.daemons:
                self.kill(name)

    def log(self, name):
        with open(os.path.join(self.folder, name + ".log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    # --- what is in it ---

    def dump(self):
        """Every object. What changes meanwhile pw-dump adds as another list."""
        text, objects, parser = self.run("pw-dump"), {}, json.JSONDecoder()
        while text := text.lstrip():
            some, end = parser.raw_decode(text)
            text = text[end:]
            for o in some:
                if o.get("info", o) is None:
                    objects.pop(o["id"], None)
                else:
                    objects[o["id"]] = o
        return [o for o in objects.values() if "type" in o]

    def nodes(self):
        """Properties of every node by its name; "id" and "state" are among them."""
        found = {}
        for o in self.dump():
            if o["type"] == "PipeWire:Interface:Node":
                props = o["info"]["props"]
                found[props.get("node.name")] = {**props, "id": o["id"], "state": o["info"]["state"]}
        return found

    def links(self):
        """(output node, port, input node, port), all by name."""
        objects = self.dump()
        nodes = {o["id"]: o["info"]["props"].get("node.name") for o in objects if o["type"] == "PipeWire:Interface:Node"}
        ports = {o["id"]: o["info"]["props"].get("port.name") for o in objects if o["type"] == "PipeWire:Interface:Port"}
        return [(nodes.get(i["output-node-id"]), ports.get(i["output-port-id"]), nodes.get(i["input-node-id"]),
                 ports.get(i["input-port-id"]))
                for i in (o["info"] for o in objects if o["type"] == "PipeWire:Interface:Link")]

    def metadata(self, name="default"):
        """Its values by key."""
        for o in self.dump():
            if o.get("props", {}).get("metadata.name") == name:
                return {m["key"]: m["value"] for m in o["metadata"]}
        return {}

    def default(self, kind):
        """The name of the default "sink" or "source", or None."""
        return (self.metadata().get(f"default.audio.{kind}") or {}).get("name")

    def set_default(self, kind, name):
        """As a person chooses it."""
        self.run("pw-metadata", "0", f"default.configured.audio.{kind}", json.dumps({"name": name}), "Spa:String:JSON")

    # --- what plays in it ---

    def add_sink(self, name, channels=2):
        """A device of this machine that stays until the graph ends."""
        self.run("pw-cli", "create-node", "adapter", "{ factory.name=support.null-audio-sink media.class=Audio/Sink "
                 f"node.name={name} object.linger=true monitor.channel-volumes=true priority.session=1000 "
                 f"audio.position=[ {' '.join(POSITIONS[:channels])} ] }}")
        assert wait_until(lambda: name in self.nodes(), 10)

    def play(self, path, target=None):
        """pw-play of a WAV, to the default sink or the one that is named."""
        return self.run_background("pw-play", *(["--target", target] if target else []), path)

    def wav(self, hertz):
        """A minute of these tones; making it takes a moment, the first time."""
        path = os.path.join(self.folder, "tone-" + "-".join(str(hz) for hz in hertz) + ".wav")
        return path if os.path.exists(path) else tone(path, hertz)

    def play_tone(self, hertz, target=None):
        return self.play(self.wav(hertz), target)
