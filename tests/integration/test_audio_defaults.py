"""The default sink and source of a user, under streams that come, go and are killed: real PipeWire and WirePlumber."""
import os
import signal
import subprocess

import pytest
from conftest import BUILD, as_user, wait_until
from sound import Graph

HOLDER = os.path.join(BUILD, "tests", "integration", "defaults-holder")
OURS = ["punktfunk-speaker-1-1", "punktfunk-speaker-1-2"]


class Holder:
    def __init__(self, graph, directory):
        # What plugins keep until the end of the process is no leak, but LeakSanitizer loses it when they are unloaded.
        env = {**graph.env, "PIPEWIRE_DLCLOSE": "false"}
        self.process = subprocess.Popen(as_user([HOLDER, directory]), env=env, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        assert self.process.stdout.readline() == "ready\n"

    def tell(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        code, _, rest = self.process.stdout.readline().strip().partition(" ")
        assert code == "success", code + rest
        return rest

    def connections(self):
        """How many sockets it has open."""
        folder = f"/proc/{self.process.pid}/fd"
        return sum(os.readlink(f"{folder}/{fd}").startswith("socket:") for fd in os.listdir(folder))

    def quit(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=5) == 0

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def graph():
    with Graph() as g:
        g.add_sink("speakers")
        g.add_sink("headset")
        yield g


@pytest.fixture
def directory(graph):
    # The user's, and out of reach of nobody else's tests.
    path = os.path.join(graph.runtime, "config")
    subprocess.run(as_user(["mkdir", "-m", "700", path]), check=True)
    return path


@pytest.fixture
def start(graph, directory):
    holders = []

    def make():
        holders.append(Holder(graph, directory))
        return holders[-1]

    yield make
    for holder in holders:
        if holder.process.poll() is None:
            holder.kill()


def configured(graph, kind="sink"):
    return (graph.metadata().get(f"default.configured.audio.{kind}") or {}).get("name")


def becomes(graph, name, kind="sink"):
    assert wait_until(lambda: configured(graph, kind) == name, 10), graph.metadata()


def owed(directory):
    return os.path.exists(os.path.join(directory, "audio-defaults"))


@pytest.mark.parametrize("before", [None, "speakers"])
def test_a_claim_is_made_and_restored(graph, directory, start, before):
    if before:
        graph.set_default("sink", before)
        becomes(graph, before)
    holder = start()
    idle = holder.connections()
    assert not owed(directory)
    graph.add_sink(OURS[0])
    holder.tell("claim", "sink", OURS[0])
    holder.tell("claim", "source", "punktfunk-mic")
    becomes(graph, OURS[0])
    becomes(graph, "punktfunk-mic", "source")
    assert wait_until(lambda: graph.default("sink") == OURS[0], 10)
    assert owed(directory)
    assert holder.connections() > idle
    # What plays where nobody claims: chosen by the user, else by the session manager.
    assert holder.tell("previous", "sink") in ([before] if before else ["speakers", "headset", "auto_null"])
    holder.tell("release", "0")
    becomes(graph, before)
    holder.tell("release", "1")
    becomes(graph, None, "source")
    assert wait_until(lambda: not owed(directory), 10), open(os.path.join(directory, 'audio-defaults')).read()
    assert wait_until(lambda: holder.connections() == idle, 10), (holder.connections(), idle)
    holder.quit()


def test_the_newest_wins_and_the_last_restores(graph, start, directory):
    graph.set_default("sink", "speakers")
    holder = start()
    for name in OURS:
        holder.tell("claim", "sink", name)
        becomes(graph, name)
    holder.tell("release", "0")
    assert configured(graph) == OURS[1]
    holder.tell("claim", "sink", OURS[0])
    becomes(graph, OURS[0])
    holder.tell("release", "2")
    becomes(graph, OURS[1])
    holder.tell("release", "1")
    holder.quit()
    assert configured(graph) == "speakers"
    assert not owed(directory)


def test_a_choice_made_meanwhile_stays(graph, start, directory):
    graph.set_default("sink", "speakers")
    holder = start()
    holder.tell("claim", "sink", OURS[0])
    becomes(graph, OURS[0])
    graph.run("pactl", "set-default-sink", "headset")
    assert wait_until(lambda: not owed(directory), 10)
    assert configured(graph) == "headset"
    holder.tell("claim", "sink", OURS[1])
    becomes(graph, OURS[1])
    holder.tell("release", "1")
    becomes(graph, "headset")
    holder.tell("release", "0")
    holder.quit()
    assert configured(graph) == "headset"


def test_the_next_host_restores_after_a_killed_one(graph, start, directory):
    graph.set_default("sink", "speakers")
    holder = start()
    holder.tell("claim", "sink", OURS[0])
    becomes(graph, OURS[0])
    holder.kill()
    assert configured(graph) == OURS[0]
    holder = start()
    assert configured(graph) == "speakers"
    assert not owed(directory)
    # A second time there is nothing to restore.
    graph.set_default("sink", "headset")
    holder.quit()
    start().quit()
    assert configured(graph) == "headset"


def test_a_claim_outlives_the_daemons(graph, start, directory):
    graph.set_default("sink", "speakers")
    holder = start()
    holder.tell("claim", "sink", OURS[0])
    becomes(graph, OURS[0])
    for remembered in (OURS[0], "speakers", None):
        graph.stop_daemons()
        remember(graph, remembered)
        graph.start()
        becomes(graph, OURS[0])
    # The session manager alone.
    graph.kill("wireplumber")
    remember(graph, OURS[1])
    graph.start_daemon("wireplumber")
    becomes(graph, OURS[0])
    holder.tell("release", "0")
    becomes(graph, "speakers")
    assert wait_until(lambda: not owed(directory), 10)
    holder.quit()


def remember(graph, name):
    """What WirePlumber finds at its start, whether it has had the time to save it or not."""
    path = os.path.join(graph.env["XDG_STATE_HOME"], "wireplumber", "default-nodes")
    text = "[default-nodes]\n" + (f"default.configured.audio.sink={name}\n" if name else "")
    subprocess.run(as_user(["sh", "-c", 'mkdir -p "$(dirname "$1")"; cat > "$1"', "-", path]), input=text, text=True,
                   check=True)


@pytest.mark.parametrize("by_the_next", [False, True])
def test_a_release_without_daemons_is_made_up_for(graph, start, directory, by_the_next):
    graph.set_default("sink", "speakers")
    holder = start()
    holder.tell("claim", "sink", OURS[0])
    becomes(graph, OURS[0])
    graph.stop_daemons()
    remember(graph, OURS[0])
    holder.tell("release", "0")
    if by_the_next:
        holder.quit()
        assert owed(directory)
        graph.start()
        holder = start()
    else:
        graph.start()
    becomes(graph, "speakers")
    assert wait_until(lambda: not owed(directory), 10)
    holder.quit()


def test_another_hosts_claim_is_left_alone(graph, start, directory):
    graph.set_default("sink", "speakers")
    holder = start()
    holder.tell("claim", "sink", OURS[0])
    becomes(graph, OURS[0])
    graph.set_default("sink", "punktfunk-speaker-2-1")
    assert wait_until(lambda: not owed(directory), 10)
    holder.tell("release", "0")
    holder.quit()
    assert configured(graph) == "punktfunk-speaker-2-1"
