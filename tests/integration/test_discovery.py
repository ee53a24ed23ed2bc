"""A host is found on its local network, with the Avahi daemon and without: in namespaces made for it, so that nothing
leaves this machine."""
import os
import re
import subprocess

import pytest

from conftest import HOST, PROBE

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mdns_in_namespace.sh")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="making network namespaces needs root")


def run(folder, way):
    done = subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                           "--propagation", "private", "sh", SCRIPT, HOST, PROBE, folder, way],
                          capture_output=True, text=True, timeout=120, check=False)
    return dict(line.split(": ", 1) for line in done.stdout.splitlines()), done.stderr


def is_host(line, address):
    return re.fullmatch(rf"den  {address}:9777  pair=required  punktfunk/1  fp=[0-9a-f]{{64}}", line)


@needs_root
def test_without_the_daemon(folder):
    seen, err = run(folder, "alone")
    assert is_host(seen["first"], "10.77.0.1"), err
    assert is_host(seen["moved"], "10.77.0.9"), err
    assert seen["ended"] == "nothing"


@needs_root
def test_with_the_daemon_that_comes_and_goes(folder):
    seen, err = run(folder, "daemon")
    assert is_host(seen["first"], "10.77.0.1"), err
    for key in ("proto=punktfunk/1", "fp=", "pair=required", "id=", "mgmt=47990", "mac=", "os=linux", "addr=10.77.0.1"):
        assert f'"{key}' in seen["browsed"], seen["browsed"]
    assert "wire=" not in seen["browsed"]
    assert re.search(r";den;_nvstream\._tcp;local;.*;10\.77\.0\.1;47989;(\"\")?$", seen["moonlight"]), seen["moonlight"]
    assert is_host(seen["without-daemon"], "10.77.0.1"), err
    assert is_host(seen["with-daemon-again"], "10.77.0.1"), err
    assert seen["ended"] == "nothing"
