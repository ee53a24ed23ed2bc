"""What the threads that send and receive a stream ask of the kernel, as strace sees it: to move datagrams and to wait,
and nothing else, least of all memory."""
import collections
import os
import re
import shutil
import subprocess

import pytest

from conftest import BUILD

PROGRAM = os.path.join(BUILD, "tests", "pipeline", "test-pipeline-quiet")
UNITS = 1000
UNITS_WARM_UP = 500  # as the program's
STREAMS = 5  # that the program runs
TIMEOUT_S = 300
WAITS = {"futex", "clock_nanosleep", "restart_syscall"}
CALLS = {
    "pf-send": {"sendmmsg"} | WAITS,
    "quiet-receive": {"recvmmsg", "poll", "ppoll"} | WAITS,
}


def why_not():
    if not shutil.which("strace"):
        return "no strace; scripts/install-deps installs it"
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode != 0:
        return "this machine lets nobody trace"
    return None


def counted(trace):
    """{thread: [Counter of the system calls between its two calls of getrusage, one per stream]}."""
    names, open_counts, found = {}, {}, collections.defaultdict(list)
    for line in trace:
        call = re.match(r"(\d+) +(\w+)\((.*)", line)
        if not call:
            continue
        thread, name, arguments = call.groups()
        renamed = re.match(r'PR_SET_NAME, "([^"]*)"', arguments)
        if name == "prctl" and renamed:
            names[thread] = renamed.group(1)
        elif name == "getrusage" and thread in open_counts:
            found[names.get(thread)].append(open_counts.pop(thread))
        elif name == "getrusage":
            open_counts[thread] = collections.Counter()
        elif thread in open_counts:
            open_counts[thread][name] += 1
    return found


@pytest.fixture(scope="module")
def streams(tmp_path_factory):
    reason = why_not()
    if reason:
        pytest.skip(reason)
    path = tmp_path_factory.mktemp("trace") / "trace"
    # What it counts itself is its own test.
    subprocess.run(["strace", "-f", "-o", str(path), PROGRAM, str(UNITS)], capture_output=True, check=False,
                   timeout=TIMEOUT_S)
    with open(path, encoding="utf-8", errors="replace") as trace:
        return counted(trace)


@pytest.mark.parametrize("thread,moves", [("pf-send", "sendmmsg"), ("quiet-receive", "recvmmsg")])
def test_a_stream_asks_the_kernel_for_nothing_else(streams, thread, moves):
    assert len(streams[thread]) == STREAMS
    for calls in streams[thread]:
        print(thread, dict(calls))
        assert calls[moves] > (UNITS - UNITS_WARM_UP) / 2
        assert set(calls) <= CALLS[thread], calls
