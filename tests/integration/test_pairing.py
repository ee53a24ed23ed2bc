"""Devices pair with a PIN, are let in from then on, and know their host again."""
import os
import re
import time

from conftest import pair, wait_until

PIN = "1234"
COOL_DOWN = 2.1  # between two attempts


def pairing_host(make_host):
    return make_host("--pairing-pin", PIN, "--frames", "120", command="punktfunk1-host")


def test_a_pin_pairs_and_the_device_streams(make_host, run_probe, folder):
    host = pairing_host(make_host)
    device = os.path.join(folder, "device")
    code, out, _ = pair(host, device, PIN)
    assert code == 0
    fingerprint = re.fullmatch(r"paired with host ([0-9a-f]{64})\n", out).group(1)
    assert fingerprint in host.log()
    code, summary, _ = run_probe(host, "--verify", "--seconds", "20", config=device)
    assert code == 0 and summary["end"] == "all 120 frames came"


def test_a_wrong_pin_pairs_nobody(make_host, folder):
    host = pairing_host(make_host)
    device = os.path.join(folder, "device")
    code, out, err = pair(host, device, "4321")
    assert code == 1 and out == "" and "does not know this PIN" in err
    assert wait_until(lambda: "without a proof" in host.log(), 5)
    code, _, err = pair(host, device, PIN)
    assert code == 1 and "Too many attempts" in err
    time.sleep(COOL_DOWN)
    assert pair(host, device, PIN)[0] == 0


def test_an_unpaired_device_waits(make_host, start_probe):
    host = pairing_host(make_host)
    probe = start_probe(host, "--seconds", "5", "--name", "tablet")
    assert wait_until(lambda: re.search(r"tablet .* waits for approval", host.log()), 10)
    assert probe.process.poll() is None


def test_another_identity_at_a_known_address_is_refused(make_host, run_probe, folder):
    host = make_host("--allow-tofu", "--frames", "30", command="punktfunk1-host")
    device = os.path.join(folder, "device")
    assert run_probe(host, "--verify", "--seconds", "20", config=device)[0] == 0
    host.stop()
    for name in ("native-cert.pem", "native-key.pem"):
        os.unlink(os.path.join(host.config, name))
    port = host.port
    host.args += ["--port", str(port)]
    host.start()
    assert host.port == port
    code, summary, _ = run_probe(host, "--verify", "--seconds", "20", config=device)
    assert code == 1 and "another identity than before" in summary["end"] and "--forget" in summary["end"]
    assert run_probe(host, "--verify", "--seconds", "20", "--forget", config=device)[0] == 0
    assert run_probe(host, "--verify", "--seconds", "20", config=device)[0] == 0
