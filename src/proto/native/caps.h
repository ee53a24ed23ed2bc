/*
 * The enumerations and bit sets of punktfunk/1 (native-control 3.4, 6.7) and the limits that both ends
 * keep. Every capability bit is a promise: it is set only for what works.
 */
#pragma once

#include <stdint.h>

#define PF_WIRE_VERSION 2
#define PF_NATIVE_PORT  9777
#define PF_ALPN         "pkf1"

#define PF_BITRATE_DEFAULT_KBPS 20000
#define PF_BITRATE_MIN_KBPS     500
#define PF_BITRATE_MAX_KBPS     8000000

#define PF_PROBE_MAX_KBPS 10000000
#define PF_PROBE_MAX_MS   5000

#define PF_PADS_MAX          16  /* pad index 0..15 */
#define PF_RFI_SPAN_MAX      256 /* frames; a wider request is answered by an IDR */
#define PF_CURSOR_SIDE_MAX   120 /* pixels of a cursor shape */
#define PF_AUDIO_RATE_HZ     48000
#define PF_MGMT_PORT_DEFAULT 47990

/* Hello.video_caps */
enum {
	PF_VIDEO_10BIT = 0x01,
	PF_VIDEO_HDR = 0x02, /* counts only together with PF_VIDEO_10BIT */
	PF_VIDEO_444 = 0x04,
	PF_VIDEO_HOST_TIMING = 0x08,
	PF_VIDEO_PROBE_SEQ = 0x10,
	PF_VIDEO_STREAMED_AU = 0x20,
	PF_VIDEO_CHACHA20 = 0x40,
	PF_VIDEO_MULTI_SLICE = 0x80,
};

/* Hello.client_caps */
enum {
	PF_CLIENT_CURSOR = 0x01,
	PF_CLIENT_PHASE_LOCK = 0x02,
	PF_CLIENT_AUDIO_RED = 0x04,
	PF_CLIENT_PAD_AUDIO = 0x08,
	PF_CLIENT_AUDIO_HIRES = 0x10,
	PF_CLIENT_KEEP_HOST_AUDIO = 0x20,
	PF_CLIENT_EXT = 0x40,
};

/* Welcome.host_caps */
enum {
	PF_HOST_GAMEPAD_STATE = 0x01,
	PF_HOST_CLIPBOARD = 0x02,
	PF_HOST_TEXT_INPUT = 0x04,
	PF_HOST_CURSOR = 0x08,
	PF_HOST_PEN = 0x10,
	PF_HOST_AUDIO_RED = 0x20,
	PF_HOST_PAD_AUDIO = 0x40,
	PF_HOST_AUDIO_HIRES = 0x80,
};

/* Welcome.host_caps2 */
enum {
	PF_HOST2_REPEAT_MARK = 0x01,
	PF_HOST2_TOUCH = 0x02,
	PF_HOST2_EXT = 0x04,
	PF_HOST2_SCROLL = 0x08,
	PF_HOST2_RAMP = 0x10,
	PF_HOST2_DELIVERY = 0x20,
	PF_HOST2_INPUT_EDGES = 0x40,
};

/* What a paired device may do (6.7). */
enum {
	PF_GRANT_GAMEPAD = 0x01,
	PF_GRANT_POINTER = 0x02,
	PF_GRANT_KEYBOARD = 0x04,
	PF_GRANT_CLIPBOARD = 0x08,
	PF_GRANT_MIC = 0x10,
	PF_GRANT_LAUNCH = 0x20,
	PF_GRANT_POWER = 0x40,
	PF_GRANT_MANAGE_GAMES = 0x80,
	PF_GRANT_ALL = 0xFF,
};

/* Grants as stored: what earlier versions called everything still means everything. */
static inline uint32_t pf_grants_of_stored(uint32_t stored)
{
	return stored == 0x3F || stored == 0x7F ? PF_GRANT_ALL : stored;
}

enum pf_compositor {
	PF_COMPOSITOR_AUTO = 0,
	PF_COMPOSITOR_KWIN = 1,
	PF_COMPOSITOR_WLROOTS = 2,
	PF_COMPOSITOR_MUTTER = 3,
	PF_COMPOSITOR_GAMESCOPE = 4,
	PF_COMPOSITOR_HYPRLAND = 5,
	PF_COMPOSITOR_WINDOWS = 6,
};
#define PF_COMPOSITOR_LAST PF_COMPOSITOR_WINDOWS

enum pf_gamepad {
	PF_GAMEPAD_AUTO = 0,
	PF_GAMEPAD_XBOX_360 = 1,
	PF_GAMEPAD_DUALSENSE = 2,
	PF_GAMEPAD_XBOX_ONE = 3,
	PF_GAMEPAD_DUALSHOCK_4 = 4,
	PF_GAMEPAD_STEAM_CONTROLLER = 5,
	PF_GAMEPAD_STEAM_DECK = 6,
	PF_GAMEPAD_DUALSENSE_EDGE = 7,
	PF_GAMEPAD_SWITCH_PRO = 8,
	PF_GAMEPAD_STEAM_CONTROLLER_2 = 9,
	PF_GAMEPAD_STEAM_CONTROLLER_2_DONGLE = 10,
	PF_GAMEPAD_XBOX_ELITE = 11,
	PF_GAMEPAD_8BITDO_ULTIMATE_2 = 12,
	PF_GAMEPAD_8BITDO_PRO_2 = 13,
	PF_GAMEPAD_8BITDO_PRO_3 = 14,
	PF_GAMEPAD_HORIPAD_STEAM = 15,
	PF_GAMEPAD_JOYCON_PAIR = 16,
	PF_GAMEPAD_SWITCH_2_PRO = 17,
	PF_GAMEPAD_SWITCH_2_GAMECUBE = 18,
};
#define PF_GAMEPAD_LAST PF_GAMEPAD_SWITCH_2_GAMECUBE

enum pf_audio_layout { PF_AUDIO_LEGACY = 0, PF_AUDIO_STANDARD = 1, PF_AUDIO_UNCOUPLED = 2 };
enum pf_audio_codec { PF_AUDIO_OPUS = 0, PF_AUDIO_PCM = 2 };
enum pf_chroma { PF_CHROMA_420 = 1, PF_CHROMA_444 = 3 };
/* What the host does when it mirrors a display of another aspect. */
enum pf_video_fit { PF_FIT_BARS = 0, PF_FIT_CROP = 1, PF_FIT_STRETCH = 2 };
