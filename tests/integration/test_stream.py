"""A real desktop over the whole path: sway, host, loopback, probe, decoder."""
import json
import subprocess

import pytest


def ffprobe(path):
    """(decoded frames, width, height) as an independent decoder sees the stream."""
    out = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames,width,height",
         "-of", "json", path], capture_output=True, text=True, check=True)
    assert out.stderr == ""
    stream = json.loads(out.stdout)["streams"][0]
    return int(stream["nb_read_frames"]), stream["width"], stream["height"]


def check_clean(code, summary, err):
    assert code == 0, err
    assert summary["lost"] == 0
    assert summary["mismatched"] == 0
    assert summary["clock"]["skew_corrected"]


@pytest.mark.parametrize("mode", ["1280x720x60", "1366x768x75", "1920x1080x60", "320x200x240"])
def test_every_frame_of_a_moving_desktop_decodes(make_host, run_probe, folder, mode):
    host = make_host("--open")
    out = f"{folder}/a.h264"
    code, summary, err = run_probe(host, "--mode", mode, "--codec", "h264", "--seconds", "3", "--quit",
                                   "--out", out, "--decode")
    check_clean(code, summary, err)
    width, height = (int(x) for x in mode.split("x")[:2])
    assert summary["decoder"]["errors"] == 0
    assert summary["key_frames"] == 1
    assert summary["new_frames"] > 20
    assert summary["latency_us"]["host"]["count"] > 20
    assert ffprobe(out) == (summary["frames"], width, height)


@pytest.mark.parametrize("codec", ["hevc", "av1"])
def test_other_codecs_are_granted_on_request(make_host, run_probe, codec):
    host = make_host("--open")
    code, summary, err = run_probe(host, "--mode", "640x360x10", "--codec", codec, "--seconds", "4", "--quit",
                                   "--decode")
    check_clean(code, summary, err)
    assert summary["session"]["codec"] == codec
    assert summary["decoder"]["errors"] == 0
    assert summary["decoder"]["pictures"] > 5


def test_a_client_without_a_wish_gets_what_keeps_up(make_host, run_probe):
    host = make_host("--open")
    code, summary, err = run_probe(host, "--mode", "640x360x30", "--seconds", "2", "--quit", "--decode")
    check_clean(code, summary, err)
    assert summary["session"]["codec"] == "h264"


def test_two_clients_get_a_desktop_each_at_their_own_mode(make_host, start_probe):
    host = make_host("--open")
    probes = [start_probe(host, "--mode", mode, "--codec", "h264", "--seconds", "4", "--quit", "--decode",
                          "--name", mode) for mode in ("1280x720x30", "800x600x40")]
    results = [p.result() for p in probes]
    for (code, summary, err), size in zip(results, ((1280, 720), (800, 600))):
        check_clean(code, summary, err)
        assert (summary["decoder"]["width"], summary["decoder"]["height"]) == size
        assert summary["decoder"]["errors"] == 0


def test_mode_and_bitrate_change_in_mid_stream(make_host, run_probe):
    host = make_host("--open")
    code, summary, err = run_probe(
        host, "--mode", "1280x720x60", "--codec", "h264", "--seconds", "7", "--quit", "--decode",
        "--remode", "800x600x30:2", "--rebitrate", "5000:4")
    check_clean(code, summary, err)
    assert [c["mode"] for c in summary["mode_changes"]] == [{"width": 800, "height": 600, "hz": 30}]
    assert summary["mode_changes"][0]["accepted"]
    assert [c["kbps"] for c in summary["bitrate_changes"]] == [5000]
    assert (summary["decoder"]["width"], summary["decoder"]["height"]) == (800, 600)
    assert summary["decoder"]["errors"] == 0
    assert summary["key_frames"] == 2


def test_an_idle_desktop_is_repeated_slowly(make_host, run_probe):
    host = make_host("--open", env={"PUNKTFUNK_PRIVATE_SESSION": "sleep 1000"})
    code, summary, err = run_probe(host, "--mode", "1280x720x60", "--codec", "h264", "--seconds", "4", "--quit",
                                   "--decode")
    check_clean(code, summary, err)
    assert summary["new_frames"] <= 5
    assert 5 <= summary["repeat_frames"] <= 40
    assert summary["decoder"]["errors"] == 0


@pytest.mark.parametrize("percent", [5, 15])
def test_losses_are_repaired_or_recovered_from(make_host, run_probe, percent):
    host = make_host("--open", env={"PUNKTFUNK_VIDEO_DROP": str(percent)})
    code, summary, err = run_probe(host, "--mode", "1280x720x30", "--codec", "h264", "--seconds", "6", "--quit",
                                   "--decode")
    assert code == 0, err
    assert summary["repaired"] > 5
    assert summary["mismatched"] == 0
    assert summary["decoder"]["errors"] == 0
    assert summary["decoder"]["pictures"] > 30


def test_speed_test_and_clock_resync(make_host, run_probe):
    host = make_host("--open")
    code, summary, err = run_probe(host, "--mode", "640x360x30", "--codec", "h264", "--seconds", "5", "--quit",
                                   "--speed-test", "50000:500", "--clock-resync")
    assert code == 0, err
    assert summary["speed_test"]["answered"]
    assert summary["speed_test"]["received_datagrams"] > 500
    assert summary["clock"]["resync"]["agree"]


def test_synthetic_frames_arrive_byte_for_byte(make_host, run_probe):
    host = make_host("--source", "synthetic", "--frames", "200", "--allow-tofu", command="punktfunk1-host")
    code, summary, err = run_probe(host, "--mode", "1280x720x120", "--verify", "--seconds", "20")
    assert code == 0, err
    assert summary["frames"] == 200
    assert summary["mismatched"] == 0
