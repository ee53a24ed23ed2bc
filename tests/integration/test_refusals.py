"""What is refused says what, why, and what would help; nothing is left behind."""
import os
import signal
import socket
import subprocess
import time

from conftest import as_user, wait_until


def compositors(host):
    return [pid for pid, command in host.processes() if command.split(" ")[0].endswith("sway")]


def test_anonymous_clients_need_open(make_host, run_probe):
    host = make_host()
    code, summary, _ = run_probe(host, "--seconds", "3", "--anonymous")
    assert code == 1
    assert "0x63" in summary["end"]


def test_a_mode_that_cannot_be_made_names_the_limits(make_host, run_probe):
    host = make_host("--open")
    code, summary, _ = run_probe(host, "--mode", "1281x720x60", "--seconds", "3")
    assert code == 1
    assert "0x68" in summary["end"] and "320..7680" in summary["end"]


def test_a_missing_compositor_names_the_package(make_host, run_probe, folder):
    empty = os.path.join(folder, "bin")
    os.makedirs(empty)
    host = make_host("--open", env={"PATH": empty})
    code, summary, _ = run_probe(host, "--seconds", "3")
    assert code == 1
    assert "0x68" in summary["end"] and "apt install sway" in summary["end"]


def test_a_dying_compositor_ends_the_session_with_its_cause(make_host, start_probe):
    host = make_host("--open")
    probe = start_probe(host, "--mode", "640x360x30", "--codec", "h264", "--seconds", "30")
    assert wait_until(lambda: "streaming" in host.log(), 20)
    time.sleep(1)  # past the first picture: the session runs, it is not refused any more
    os.kill(compositors(host)[0], signal.SIGKILL)
    code, summary, _ = probe.result(timeout=30)
    assert code == 1
    assert "0x68" in summary["end"] and "SIGKILL" in summary["end"]


def test_a_hanging_compositor_ends_the_session(make_host, start_probe):
    host = make_host("--open")
    probe = start_probe(host, "--mode", "640x360x30", "--codec", "h264", "--seconds", "40")
    assert wait_until(lambda: "streaming" in host.log(), 20)
    time.sleep(1)
    os.kill(compositors(host)[0], signal.SIGSTOP)
    code, summary, _ = probe.result(timeout=60)
    assert code == 1
    assert "0x68" in summary["end"]


def test_port_in_use_is_named(make_host):
    host = make_host("--open")
    taken = subprocess.run(
        as_user([host.bin, "serve", "--native-bind", "127.0.0.1", "--native-port", str(host.port)]),
        capture_output=True, text=True, env=host.env, cwd=host.folder, timeout=20, check=False)
    assert taken.returncode == 1
    assert str(host.port) in taken.stderr and "--native-port" in taken.stderr


def test_random_bytes_on_the_port_change_nothing(make_host, run_probe):
    host = make_host("--open")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for i in range(2000):
            s.sendto(os.urandom(1 + i % 1400), ("127.0.0.1", host.port))
    code, summary, err = run_probe(host, "--mode", "640x360x30", "--codec", "h264", "--seconds", "2", "--quit")
    assert code == 0, err
    assert summary["frames"] > 10


def test_a_lost_client_resumes_its_desktop_and_quit_drops_it(make_host, folder):
    # The same identity twice: one configuration directory for both runs.
    from conftest import PROBE
    host = make_host("--open", "--keep-display", "20")
    config = os.path.join(folder, "device")
    os.makedirs(config, mode=0o700)
    base = [PROBE, "--connect", f"127.0.0.1:{host.port}", "--mode", "640x360x30", "--codec", "h264",
            "--seconds", "2"]
    env = {**os.environ, "PUNKTFUNK_CONFIG_DIR": config}
    assert subprocess.run(base, env=env, capture_output=True, timeout=60, check=False).returncode == 0
    first = compositors(host)
    assert len(first) == 1
    assert subprocess.run([*base, "--quit"], env=env, capture_output=True, timeout=60, check=False).returncode == 0
    assert "resuming" in host.log()
    assert wait_until(lambda: not compositors(host), 10)
    assert wait_until(lambda: not host.displays(), 10)


def test_a_killed_host_leaves_nothing(make_host, start_probe):
    host = make_host("--open")
    probe = start_probe(host, "--mode", "640x360x30", "--codec", "h264", "--seconds", "30")
    assert wait_until(lambda: "streaming" in host.log(), 20)
    assert len(host.displays()) == 1
    host.stop(signal.SIGKILL)
    assert wait_until(lambda: not host.processes(), 10), host.processes()
    assert host.displays() == []
    probe.process.kill()
    host.start()  # and it starts again


def test_many_connects_leave_nothing(make_host, run_probe):
    host = make_host("--open")
    pid = host.process.pid

    def open_files():
        return len(os.listdir(f"/proc/{pid}/fd"))

    for run in range(8):
        code, summary, _ = run_probe(host, "--mode", "320x200x30", "--codec", "h264", "--seconds", "1", "--quit")
        assert code == 0, summary
        if run == 1:
            assert wait_until(lambda: not host.displays(), 10)
            settled = open_files()
    assert wait_until(lambda: not host.displays(), 10)
    assert wait_until(lambda: open_files() <= settled, 5), f"{open_files()} files open, {settled} before"
