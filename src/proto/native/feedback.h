/*
 * What goes back to a client's controllers: rumble 0xCA, HID output 0xCD, controller audio 0xD1
 * (native-control 5.6, 5.8, 5.12). Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/writer.h"
#include "proto/native/caps.h"

#define PF_RUMBLE_TTL_DEFAULT_MS 400
#define PF_RUMBLE_TTL_MIN_MS     150
#define PF_RUMBLE_TTL_MAX_MS     5000
#define PF_TRIGGER_EFFECT_MAX    11
#define PF_HID_REPORT_MAX        64

struct pf_rumble {
	uint8_t version; /* 1, 2 or 3: how much of this is on the wire; hosts send 3 */
	uint16_t pad;
	uint16_t low, high;                   /* motors */
	uint8_t seq;                          /* per pad, +1 per send, wrapping; from version 2 on */
	uint16_t ttl_ms;                      /* inside its legal range after reading */
	uint16_t left_trigger, right_trigger; /* version 3 */
};

enum pf_hid_kind {
	PF_HID_LED = 1,
	PF_HID_PLAYER_LEDS = 2,
	PF_HID_TRIGGER = 3,
	PF_HID_HAPTIC = 4,
	PF_HID_RAW = 5,
	PF_HID_AUDIO_CONTROL = 6,
	PF_HID_MIC_LED = 7,
};

struct pf_hid_output {
	enum pf_hid_kind kind;
	uint8_t pad;
	union {
		struct {
			uint8_t red, green, blue;
		} led;
		uint8_t player_leds; /* low 5 bits */
		struct {
			bool right;             /* R2 instead of L2 */
			struct pf_slice effect; /* 1..PF_TRIGGER_EFFECT_MAX bytes */
		} trigger;
		struct {
			bool left;
			uint16_t amplitude, period, count;
		} haptic;
		struct {
			bool feature;           /* feature instead of output report */
			struct pf_slice report; /* up to PF_HID_REPORT_MAX bytes */
		} raw;
		struct {
			uint8_t flags;
			uint8_t control[6];
		} audio_control;
		uint8_t mic_led; /* 0 off, 1 on, 2 pulse */
	};
};

enum pf_pad_audio_kind { PF_PAD_AUDIO_HAPTICS = 0, PF_PAD_AUDIO_SPEAKER = 1 };

struct pf_pad_audio {
	uint8_t pad;
	enum pf_pad_audio_kind kind;
	uint32_t seq; /* per pad and kind */
	uint64_t pts_ns;
	struct pf_slice opus;
};

/* Whole datagrams with their first byte. Errors: PF_ERR_TRUNCATED, PF_ERR_INVALID, PF_ERR_UNSUPPORTED (HID
 * output of an unknown kind). */
int pf_rumble_read(struct pf_rumble *out, const uint8_t *data, size_t len);
void pf_rumble_write(struct pf_wr *w, const struct pf_rumble *rumble);
int pf_hid_output_read(struct pf_hid_output *out, const uint8_t *data, size_t len);
void pf_hid_output_write(struct pf_wr *w, const struct pf_hid_output *hid);
int pf_pad_audio_read(struct pf_pad_audio *out, const uint8_t *data, size_t len);
void pf_pad_audio_write(struct pf_wr *w, const struct pf_pad_audio *audio);
