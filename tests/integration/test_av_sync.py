"""Sound and picture of a stream: how far apart do they leave the host, when a programme made both at one instant?"""
import os
import shutil

import pytest

from conftest import BUILD

FLASH = os.path.join(BUILD, "demo", "punktfunk-flash")

pytestmark = pytest.mark.skipif(
    not all(shutil.which(x) for x in ("sway", "pipewire", "wireplumber")), reason="needs sway, pipewire and wireplumber")


@pytest.fixture
def flash(folder):
    """Where the service user can run it."""
    path = os.path.join(folder, "punktfunk-flash")
    shutil.copy(FLASH, path)
    os.chmod(path, 0o755)
    return path


def test_flash_and_beep_leave_together(make_host, run_probe, flash):
    host = make_host("--open", env={"PUNKTFUNK_PRIVATE_SESSION": f"{flash} --verbose"})
    code, summary, err = run_probe(host, "--mode", "640x360x60", "--codec", "h264", "--seconds", "8", "--quit",
                                   "--av-sync")
    assert code == 0, err
    sync = summary["av_sync"]
    print(f"sound after picture: {sync['mean_ms']:.1f} ms, deviation {sync['deviation_ms']:.1f}, "
          f"{sync['min_ms']:.1f} to {sync['max_ms']:.1f}, {sync['pairs']} pairs")
    assert sync["pairs"] >= 5, (sync, host.log())
    assert abs(sync["mean_ms"]) < 200
