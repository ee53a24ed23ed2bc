"""What recorded samples hold: which tone, how loud, and whether anything is broken in it."""
import array
import math

RATE = 48000


def channels_of(path, channels, form):
    """The channels of an interleaved file; form is "f" (32-bit float) or "h" (16 bits, scaled to 1)."""
    data = array.array(form)
    with open(path, "rb") as f:
        data.frombytes(f.read()[:])
    scale = 1 / 32768 if form == "h" else 1
    return [[x * scale for x in data[c::channels]] for c in range(channels)]


def strength(samples, hertz, rate=RATE):
    """Amplitude of one frequency (Goertzel)."""
    w = 2 * math.pi * hertz / rate
    k, before, last = 2 * math.cos(w), 0.0, 0.0
    for x in samples:
        before, last = last, x + k * last - before
    return 2 * math.hypot(last - before * math.cos(w), before * math.sin(w)) / len(samples)


def breaks(samples, hertz, level, rate=RATE):
    """How many steps are larger than a sine of that level makes: gaps and clicks."""
    most = 1.5 * level * 2 * math.pi * hertz / rate + 0.02
    return sum(abs(b - a) > most for a, b in zip(samples, samples[1:]))


def whole_windows(samples, hertz, level, floor=0.02, rate=RATE):
    """Tenths of a second (whole periods of every tone that is a multiple of 10 Hz) in which the tone is unbroken, and how
    many there are in all between the first and the last sound. A machine that other work takes away for a while breaks
    some; see doc/performance.md."""
    loud = [i for i, x in enumerate(samples) if abs(x) > floor]
    if not loud:
        return [], 0
    length = rate // 10
    windows = [samples[i:i + length] for i in range(loud[0], loud[-1] - length, length)][1:]
    return [w for w in windows if max(w) > level / 2 and breaks(w, hertz, level, rate) == 0], len(windows)


def assert_tone(samples, hertz, level=0.25, others=(), leak=0.02, rate=RATE):
    """The tone alone, at its level."""
    whole, windows = whole_windows(samples, hertz, level, rate=rate)
    assert windows >= 15, f"{hertz} Hz sounds too short: {windows}"
    assert len(whole) > windows // 2, f"{hertz} Hz is broken in {windows - len(whole)} of {windows} places"
    right = [w for w in whole if abs(strength(w, hertz, rate) - level) < level / 5
             and all(strength(w, hz, rate) < leak for hz in others)]
    assert len(right) > len(whole) * 3 // 4, \
        (hertz, [round(strength(w, hertz, rate), 3) for w in whole], [round(strength(whole[0], hz, rate), 3) for hz in others])
