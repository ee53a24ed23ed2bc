"""Floods do not keep a paired device out, and cost the host no memory that grows."""
import os
import re
import subprocess
import time

from conftest import BUILD, pair

FLOOD = os.path.join(BUILD, "tests", "integration", "flood")
HANDSHAKES, PAIRINGS = 10000, 1000


def memory_kib(host):
    with open(f"/proc/{host.process.pid}/status", encoding="utf-8") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def connect(run_probe, host, device):
    started = time.monotonic()
    code, summary, err = run_probe(host, "--verify", "--seconds", "20", config=device)
    assert code == 0 and summary["end"] == "all 30 frames came", err
    return time.monotonic() - started


def test_a_paired_device_gets_in_during_floods(make_host, run_probe, folder):
    host = make_host("--pairing-pin", "1234", "--frames", "30", command="punktfunk1-host")
    device = os.path.join(folder, "device")
    assert pair(host, device, "1234")[0] == 0
    quiet = [connect(run_probe, host, device) for _ in range(3)]
    before = memory_kib(host)
    floods = [subprocess.Popen([FLOOD, str(host.port), *words], stdout=subprocess.PIPE, text=True)
              for words in (("handshakes", str(HANDSHAKES)), ("pairings", str(PAIRINGS)))]
    during = []
    try:
        while any(flood.poll() is None for flood in floods) and len(during) < 20:
            during.append(connect(run_probe, host, device))
        told = [flood.communicate(timeout=120)[0].strip() for flood in floods]
    finally:
        for flood in floods:
            if flood.poll() is None:
                flood.kill()
                flood.wait()
    after = memory_kib(host)
    print(f"connected and 30 frames: {min(quiet):.2f} s, during the floods {min(during):.2f} to {max(during):.2f} s;"
          f" host memory {before} -> {after} KiB; {'; '.join(told)}")
    limited, not_armed, malformed, lost = map(int, re.findall(r"\d+", told[1]))
    assert limited + not_armed + malformed + lost == PAIRINGS
    assert limited > malformed + not_armed  # two seconds between two that are looked at
    assert after - before < 16 * 1024
    assert host.process.poll() is None
    # The PIN still pairs: nothing of this has spent it.
    time.sleep(2.1)
    assert pair(host, os.path.join(folder, "another"), "1234")[0] == 0
