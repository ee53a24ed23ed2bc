"""Hosts and probes as a user starts them, on loopback, on free ports, ended by pid."""
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

BUILD = os.environ.get("PUNKTFUNK_BUILD", os.path.join(os.path.dirname(__file__), "..", "..", "build"))
BUILD = os.path.abspath(BUILD)
HOST = os.path.join(BUILD, "src", "punktfunk-host")
PROBE = os.path.join(BUILD, "src", "probe", "punktfunk-probe")
MOTION = os.path.join(BUILD, "demo", "punktfunk-motion")
USER = "punktfunk"


def as_user(args):
    """Compositors refuse root: drop to the service user then."""
    if os.geteuid() != 0:
        return args
    return [shutil.which("setpriv"), f"--reuid={USER}", f"--regid={USER}", "--init-groups", *args]


class Host:
    """A running host with directories of its own."""

    def __init__(self, folder, args, env, command="serve"):
        self.folder = folder
        self.runtime = os.path.join(folder, "run")
        self.config = os.path.join(folder, "config")
        self.log_path = os.path.join(folder, "host.log")
        for path in (self.runtime, self.config):
            os.makedirs(path, mode=0o700, exist_ok=True)
        self.bin = os.path.join(folder, "punktfunk-host")
        shutil.copy(HOST, self.bin)
        motion = os.path.join(folder, "punktfunk-motion")
        if os.path.exists(MOTION) and not os.path.exists(motion):
            shutil.copy(MOTION, motion)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(USER)
            for root, folders, files in os.walk(folder):
                for name in [root] + [os.path.join(root, x) for x in folders + files]:
                    os.chown(name, owner.pw_uid, owner.pw_gid)
        self.env = {
            "PATH": os.environ["PATH"], "HOME": folder, "USER": USER, "SHELL": "/bin/sh", "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": self.runtime, "PUNKTFUNK_CONFIG_DIR": self.config,
            "PUNKTFUNK_PRIVATE_SESSION": motion, **env,
        }
        self.command = command
        self.args = args
        self.process = None
        self.port = None

    def start(self):
        port = ["--port", "0", "--bind", "127.0.0.1"] if self.command == "punktfunk1-host" \
            else ["--native-port", "0", "--native-bind", "127.0.0.1", "--mgmt-bind", "127.0.0.1:0"]
        with open(self.log_path, "ab") as log:
            offset = log.tell()
            self.process = subprocess.Popen(as_user([self.bin, self.command, *port, *self.args]),
                                            stdout=log, stderr=log, env=self.env, cwd=self.folder)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = re.search(r"listens on UDP port (\d+)", self.log()[offset:])
            if found:
                self.port = int(found.group(1))
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"host did not start:\n{self.log()}")

    def ctl(self, *args, timeout=30):
        """(exit code, stdout, stderr) of an operator's command."""
        done = subprocess.run(as_user([self.bin, "ctl", *args]), capture_output=True, text=True, env=self.env,
                              cwd=self.folder, stdin=subprocess.DEVNULL, timeout=timeout, check=False)
        return done.returncode, done.stdout, done.stderr

    def ctl_json(self, *args):
        code, out, err = self.ctl("--json", *args)
        assert code == 0, out + err
        answer = json.loads(out)
        assert answer["v"] == 1
        return answer["data"]

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"host did not end within 15 s:\n{self.log()}") from None
        return self.process.returncode if self.process else None

    def displays(self):
        """Runtime directories of private displays."""
        root = os.path.join(self.runtime, "punktfunk")
        return sorted(os.listdir(root)) if os.path.isdir(root) else []

    def processes(self):
        """Every process that lives on this host's directories, itself included."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    environ = f.read()
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    command = f.read().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if self.folder.encode() in environ or self.folder in command:
                found.append((int(pid), command.strip()))
        return found


@pytest.fixture
def folder():
    # Not pytest's own: the service user must reach it, and socket paths must stay short.
    path = tempfile.mkdtemp(prefix="pf-test-", dir="/tmp")
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def make_host(folder):
    hosts = []

    def make(*args, env=None, command="serve"):
        place = os.path.join(folder, f"h{len(hosts)}")
        os.makedirs(place)
        os.chmod(place, 0o755)
        host = Host(place, list(args), env or {}, command)
        hosts.append(host)
        return host.start()

    yield make
    for host in hosts:
        host.stop()
        assert wait_until(lambda h=host: not h.processes(), 5), f"left behind: {host.processes()}"
        assert host.displays() == []


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


class Probe:
    """A probe in the background."""

    def __init__(self, host, folder, *args, config=None):
        self.config = config or os.path.join(folder, "probe-" + str(time.monotonic_ns()))
        os.makedirs(self.config, mode=0o700, exist_ok=True)
        env = {**os.environ, "PUNKTFUNK_CONFIG_DIR": self.config}
        self.process = subprocess.Popen(
            [PROBE, "--connect", f"127.0.0.1:{host.port}", "--json", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True)

    def result(self, timeout=120):
        """(exit code, summary or None, stderr)"""
        out, err = self.process.communicate(timeout=timeout)
        summary = json.loads(out) if out.strip() else None
        return self.process.returncode, summary, err


@pytest.fixture
def start_probe(folder):
    probes = []

    def start(host, *args, config=None):
        probe = Probe(host, folder, *args, config=config)
        probes.append(probe)
        return probe

    yield start
    for probe in probes:
        if probe.process.poll() is None:
            probe.process.kill()
            probe.process.wait()


def pair(host, config, pin):
    """(exit code, stdout, stderr) of a device that pairs; `config` is where it keeps its identity."""
    os.makedirs(config, mode=0o700, exist_ok=True)
    done = subprocess.run([PROBE, "--connect", f"127.0.0.1:{host.port}", "--pair", "-"], input=pin + "\n",
                          capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "PUNKTFUNK_CONFIG_DIR": config})
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def run_probe(start_probe):
    def run(host, *args, timeout=120, config=None):
        return start_probe(host, *args, config=config).result(timeout)

    return run
