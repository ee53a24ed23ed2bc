"""What an operator does with a running host: `ctl`, and the API below it."""
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time

from conftest import as_user, pair, wait_until

MODE = ("--mode", "640x360x30", "--codec", "h264")


def paired_device(host, folder, *arm):
    """A device that has paired with a PIN of its own; where it keeps its identity, and its fingerprint."""
    window = host.ctl_json("pair", "arm", *arm)
    assert window["armed"] and re.fullmatch(r"\d{4}", window["pin"])
    device = os.path.join(folder, f"device-{time.monotonic_ns()}")
    code, _, err = pair(host, device, window["pin"])
    assert code == 0, err
    return device, host.ctl_json("clients")["clients"][-1]["fingerprint"]


def session(host):
    sessions = host.ctl_json("sessions")["sessions"]
    return sessions[0] if sessions else {}


def test_pair_limit_and_unpair_a_streaming_device(make_host, start_probe, folder):
    host = make_host()
    device, fingerprint = paired_device(host, folder)
    assert not host.ctl_json("pair", "status")["armed"]
    probe = start_probe(host, *MODE, "--seconds", "60", config=device)
    assert wait_until(lambda: session(host).get("state") == "streaming", 20)
    assert session(host)["access_level"] == "full" and session(host)["fingerprint"] == fingerprint

    code, out, _ = host.ctl("access", fingerprint[:10], "controller", "--expires-in", "1h")
    assert code == 0 and "controller" in out
    assert session(host)["access_level"] == "controller"
    frames = session(host)["frames"]
    assert wait_until(lambda: session(host)["frames"] > frames, 10)

    assert host.ctl_json("unpair", fingerprint) == {"unpaired": 1}
    code, summary, _ = probe.result(timeout=20)
    assert "0x69" in summary["end"]
    assert host.ctl_json("clients")["clients"] == []


def test_a_waiting_device_is_approved_from_a_terminal(make_host, start_probe):
    host = make_host()
    probe = start_probe(host, *MODE, "--seconds", "2", "--name", "kitchen")
    assert wait_until(lambda: host.ctl_json("pending")["pending"], 10)
    code, out, _ = host.ctl("pending")
    number, name = re.search(r"^(\d+) +(\S+)", out, re.MULTILINE).groups()
    assert code == 0 and name == "kitchen"
    assert host.ctl("approve", number, "--name", "tablet", "--preset", "view")[0] == 0
    code, summary, _ = probe.result(timeout=30)
    assert code == 0 and summary["frames"] > 0
    device = host.ctl_json("clients")["clients"][0]
    assert device["name"] == "tablet" and device["access_level"] == "view"


def test_a_waiting_device_is_turned_away(make_host, start_probe):
    host = make_host()
    probe = start_probe(host, *MODE, "--seconds", "2")
    assert wait_until(lambda: host.ctl_json("pending")["pending"], 10)
    number = str(host.ctl_json("pending")["pending"][0]["id"])
    assert host.ctl("deny", number)[0] == 0
    code, summary, _ = probe.result(timeout=20)
    assert code == 1 and "0x64" in summary["end"]
    code, out, _ = host.ctl("--json", "deny", number)
    assert code == 1 and json.loads(out)["error"]["code"] == "refused"


def test_the_exit_codes_say_which_way_it_failed(make_host, folder):
    host = make_host()
    for words in ([], ["frobnicate"], ["access", "x"], ["status", "more"], ["pair", "arm", "--name", "x"],
                  ["access", "zz", "full"], ["unpair"], ["unpair", "--all"], ["status", "--frob"]):
        code, out, _ = host.ctl("--json", *words)
        assert code == 2, words
        if out:
            assert json.loads(out)["error"]["code"] == "usage"
    code, _, err = host.ctl("access", "0123456789", "full")
    assert code == 1 and "no paired device" in err

    # Another host's certificate at our endpoint: the token must not go there.
    other = make_host()
    endpoint = os.path.join(host.config, "mgmt-endpoint")
    with open(endpoint, encoding="utf-8") as f:
        ours = f.read()
    with open(os.path.join(other.config, "mgmt-endpoint"), encoding="utf-8") as f:
        theirs = f.read()
    with open(endpoint, "w", encoding="utf-8") as f:
        f.write(theirs)
    code, out, _ = host.ctl("--json", "status")
    assert code == 4 and json.loads(out)["error"]["code"] == "wrong-host"
    with open(endpoint, "w", encoding="utf-8") as f:
        f.write(ours)
    assert host.ctl("status")[0] == 0
    host.stop()
    code, _, err = host.ctl("status")
    assert code == 3 and "no host runs" in err


def api(host):
    with open(os.path.join(host.config, "mgmt-endpoint"), encoding="utf-8") as f:
        port = int(f.read().rsplit(":", 1)[1])
    with open(os.path.join(host.config, "mgmt-token"), encoding="utf-8") as f:
        token = f.read().strip().split("=", 1)[1]
    context = ssl.create_default_context(cafile=os.path.join(host.config, "native-cert.pem"))
    context.check_hostname = False
    return port, token, context


class Api:
    def __init__(self, host):
        self.port, self.token, self.context = api(host)

    def open(self):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=20)

    def call(self, method, path, body=None, token=None):
        connection = self.open()
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        connection.request(method, f"/api/v1/{path}", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None


def test_only_the_operator_gets_in(make_host):
    api_ = Api(make_host())
    assert api_.call("GET", "health", token="")[0] == 200
    for method, path in (("GET", "host"), ("GET", "status"), ("GET", "events"), ("DELETE", "session"),
                         ("DELETE", "session/1"), ("GET", "native/clients"), ("DELETE", "native/clients"),
                         ("PATCH", "native/clients/" + "0" * 64), ("DELETE", "native/clients/" + "0" * 64),
                         ("GET", "native/pair"), ("DELETE", "native/pair"), ("POST", "native/pair/arm"),
                         ("GET", "native/pending"), ("POST", "native/pending/1/approve"),
                         ("POST", "native/pending/1/deny")):
        for token in ("", "x" * 64, api_.token[:-1], api_.token + "0"):
            status, answer = api_.call(method, path, token=token)
            assert status == 401 and "token" in answer["error"], (method, path)
    assert api_.call("GET", "nothing", token="")[0] == 404
    assert api_.call("POST", "status", token="")[0] == 405


def test_bad_bodies_are_told_what_is_wrong(make_host):
    api_ = Api(make_host())
    for body, mentions in (("{", "JSON"), ("[]", "object"), ('{"frob":1}', "frob"), ('{"ttl_secs":5}', "15 to 600"),
                           ('{"ttl_secs":"x"}', "15 to 600"), ('{"preset":"none"}', "full, controller or view"),
                           ('{"grants":512}', "known bits"), ('{"fingerprint":"12"}', "64"),
                           ("x" * 70000, "64 KiB")):
        status, answer = api_.call("POST", "native/pair/arm", body)
        assert status in (400, 413) and mentions in answer["error"], body[:40]
    assert not api_.call("GET", "native/pair")[1]["armed"]
    assert api_.call("GET", "status", "{}")[0] == 400
    assert api_.call("DELETE", "session/abc")[0] == 400
    assert api_.call("DELETE", "session/99")[0] == 404
    assert api_.call("DELETE", "native/clients/zz")[0] == 400
    assert api_.call("POST", "native/pending/7/approve")[0] == 404
    assert api_.call("GET", "host")[1]["ports"]["native"] > 0


def test_nonsense_on_the_port_does_no_harm(make_host):
    host = make_host()
    api_ = Api(host)
    for payload in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(4096), b"\x16\x03\x01\xff\xff" + bytes(100)):
        with socket.create_connection(("127.0.0.1", api_.port), timeout=10) as s:
            s.sendall(payload)
    for request in (b"GET /api/v1/status HTTP/1.1\r\n" + b"X: " + b"y" * 100000 + b"\r\n\r\n", b"\0" * 1000,
                    b"POST /api/v1/native/pair/arm HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", api_.port), timeout=10) as raw:
            with api_.context.wrap_socket(raw) as s:
                try:
                    s.sendall(request)
                    s.recv(1)
                except OSError:
                    pass
    assert api_.call("GET", "health")[0] == 200


def test_watching_goes_on_over_a_restart(make_host, folder):
    host = make_host()
    watch = subprocess.Popen(as_user([host.bin, "ctl", "watch", "--kinds", "access.*,host.started"]), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=host.env, cwd=host.folder)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(watch.stdout.readline, "")))
    reader.start()
    try:
        assert wait_until(lambda: any("host.started" in line for line in lines), 10)
        paired_device(host, folder)
        assert wait_until(lambda: any("access.granted" in line for line in lines), 10)
        host.stop()
        assert wait_until(lambda: any("ctl.disconnected" in line for line in lines), 10)
        host.start()
        assert wait_until(lambda: sum("host.started" in line for line in lines) == 2, 20)
        assert any("ctl.resync" in line for line in lines)
        assert all("pairing" not in line for line in lines)
        for line in lines:
            json.loads(line)
    finally:
        watch.kill()
        watch.wait()
        reader.join()


def test_those_who_watch_are_bounded(make_host):
    api_ = Api(make_host())
    streams = []
    for _ in range(32):
        connection = api_.open()
        connection.request("GET", "/api/v1/events?since=0", headers={"Authorization": f"Bearer {api_.token}"})
        assert connection.getresponse().status == 200
        streams.append(connection)
    assert api_.call("GET", "events?since=0")[0] == 503
    assert api_.call("GET", "events?since=x")[0] == 400
    assert api_.call("GET", "status")[0] == 200
    for connection in streams:
        connection.close()


def test_a_taken_api_port_is_named(make_host, folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        host = make_host()
        host.stop()
        done = subprocess.run(as_user([host.bin, "serve", "--native-port", "0", "--native-bind", "127.0.0.1",
                                       "--mgmt-bind", f"127.0.0.1:{port}"]), capture_output=True, text=True,
                              env=host.env, cwd=host.folder, timeout=20, check=False)
    assert done.returncode == 1 and f"TCP port {port} is in use" in done.stderr and "--mgmt-bind" in done.stderr
