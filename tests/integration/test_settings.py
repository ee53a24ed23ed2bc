"""host.env: what it sets, what it may not, and how its faults are told."""
import os
import subprocess

from conftest import HOST, wait_until


def run(folder, text, *args, command="serve", env=None):
    """A host that is to end by itself: (exit code, stdout, stderr)."""
    config = os.path.join(folder, "config")
    os.makedirs(config, mode=0o755, exist_ok=True)
    with open(os.path.join(config, "host.env"), "w", encoding="utf-8") as f:
        f.write(text)
    done = subprocess.run([HOST, command, *args], capture_output=True, text=True, timeout=20, check=False,
                          env={"PATH": os.environ["PATH"], "PUNKTFUNK_CONFIG_DIR": config, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def test_flag_over_environment_over_file(folder):
    # Each refusal names where the value came from, so it tells which one was read.
    code, _, err = run(folder, "PUNKTFUNK_NATIVE_PORT=from-file\n")
    assert code == 2 and "PUNKTFUNK_NATIVE_PORT: 'from-file'" in err
    code, _, err = run(folder, "PUNKTFUNK_NATIVE_PORT=from-file\n", env={"PUNKTFUNK_NATIVE_PORT": "from-env"})
    assert code == 2 and "PUNKTFUNK_NATIVE_PORT: 'from-env'" in err
    code, _, err = run(folder, "PUNKTFUNK_NATIVE_PORT=1\n", "--native-port", "from-flag")
    assert code == 2 and "--native-port: 'from-flag'" in err
    code, _, err = run(folder, "PUNKTFUNK_PERF=maybe\n", command="punktfunk1-host")
    assert code == 2 and "PUNKTFUNK_PERF: 'maybe'" in err


def test_a_malformed_line_is_named(folder):
    for command in ("serve", "punktfunk1-host"):
        code, out, err = run(folder, "# settings\nPUNKTFUNK_PERF\n", command=command)
        assert code == 1
        assert out == "" and err.count("\n") == 1
        assert f"{folder}/config/host.env:2: this is not KEY=value" in err
    code, out, err = run(folder, "PUNKTFUNK_PERF\n", "--help")
    assert code == 0 and "host.env" in out and err == ""


def test_the_file_sets_what_runs_on_a_display_and_no_child_learns_a_token(make_host, start_probe):
    token = "5ec2e75ec2e75ec2e7"
    host = make_host("--open", env={"PUNKTFUNK_MGMT_TOKEN": token, "PUNKTFUNK_PLUGIN_TOKEN": token,
                                    "PUNKTFUNK_PRIVATE_SESSION": ""})
    host.stop()
    del host.env["PUNKTFUNK_PRIVATE_SESSION"]
    with open(os.path.join(host.config, "host.env"), "w", encoding="utf-8") as f:
        f.write("PUNKTFUNK_PRIVATE_SESSION='sleep 4242'\n")
    host.start()
    start_probe(host, "--mode", "640x360x30", "--codec", "h264", "--seconds", "20")
    assert wait_until(lambda: any("sleep 4242" in command for _, command in host.processes()), 20), host.log()
    processes = host.processes()
    assert len(processes) > 3
    for pid, command in processes:
        if "setpriv" in command:
            continue
        with open(f"/proc/{pid}/environ", "rb") as f:
            assert token.encode() not in f.read(), command
