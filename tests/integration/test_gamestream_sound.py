"""Moonlight hears the programs of its display: each channel where it belongs, in every layout."""
import os
import tempfile

import pytest

import listen
import sound
from test_gamestream import gs_host, paired  # noqa: F401 (fixtures)

TONES = [440, 550, 660, 60, 880, 990, 1100, 1210]  # the fourth is the subwoofer's


@pytest.fixture
def playing():
    """The command of a display that plays a tone on each channel."""
    with tempfile.TemporaryDirectory(prefix="pf-test-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)

        def command(channels):
            wav = sound.tone(os.path.join(folder, "tones.wav"), TONES[:channels], seconds=30)
            return f"pw-play --target punktfunk-speaker {wav}"
        yield command


@pytest.mark.parametrize("channels,quality,duration,encrypt", [
    (2, False, 5, "none"), (2, True, 10, "all"), (6, False, 5, "all"), (6, True, 5, "none"), (8, False, 10, "audio"),
    (8, True, 5, "all")])
def test_tones(paired, playing, tmp_path, channels, quality, duration, encrypt):  # noqa: F811
    _, client = paired(PUNKTFUNK_AUDIO_SOURCE="pipewire", PUNKTFUNK_PRIVATE_SESSION=playing(channels))
    out = str(tmp_path / "sound.s16")
    got = client.stream("--mode", "640x360x30", "--seconds", "5", "--channels", str(channels), "--pcm", out,
                        "--packet-duration", str(duration), "--encrypt", encrypt,
                        *(["--high-quality"] if quality else []))
    assert got["violations"] == [] and got["audio_lost"] == 0
    for c, samples in enumerate(listen.channels_of(out, channels, "h")):
        others = [hz for i, hz in enumerate(TONES[:channels]) if i != c]
        # Coupled channels at a low rate leak a little into one another.
        listen.assert_tone(samples, TONES[c], others=others, leak=0.02 if quality else 0.06)
