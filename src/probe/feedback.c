#include "probe/feedback.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/hex.h"

static json_t *of_bytes(const uint8_t *bytes, size_t len)
{
	char hex[2 * PF_HID_REPORT_MAX + 1];
	pf_hex_encode(hex, bytes, len);
	return json_string(hex);
}

static json_t *of_rumble(const struct pf_rumble *r)
{
	return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "kind", "rumble", "pad", r->pad,
		"version", r->version, "low", r->low, "high", r->high, "seq", r->seq, "ttl_ms", r->ttl_ms,
		"left_trigger", r->left_trigger, "right_trigger", r->right_trigger);
}

static json_t *of_hid(const struct pf_hid_output *h)
{
	switch (h->kind) {
	case PF_HID_LED:
		return json_pack("{s:s, s:i, s:i, s:i, s:i}", "kind", "led", "pad", h->pad, "red", h->led.red,
			"green", h->led.green, "blue", h->led.blue);
	case PF_HID_PLAYER_LEDS:
		return json_pack(
			"{s:s, s:i, s:i}", "kind", "player_leds", "pad", h->pad, "leds", h->player_leds);
	case PF_HID_TRIGGER:
		return json_pack("{s:s, s:i, s:b, s:o}", "kind", "trigger", "pad", h->pad, "right",
			h->trigger.right, "effect", of_bytes(h->trigger.effect.data, h->trigger.effect.len));
	case PF_HID_HAPTIC:
		return json_pack("{s:s, s:i, s:b, s:i, s:i, s:i}", "kind", "haptic", "pad", h->pad, "left",
			h->haptic.left, "amplitude", h->haptic.amplitude, "period", h->haptic.period, "count",
			h->haptic.count);
	case PF_HID_RAW:
		return json_pack("{s:s, s:i, s:b, s:o}", "kind", "raw", "pad", h->pad, "feature",
			h->raw.feature, "report", of_bytes(h->raw.report.data, h->raw.report.len));
	case PF_HID_AUDIO_CONTROL:
		return json_pack("{s:s, s:i, s:i, s:o}", "kind", "audio_control", "pad", h->pad, "flags",
			h->audio_control.flags, "control",
			of_bytes(h->audio_control.control, sizeof(h->audio_control.control)));
	case PF_HID_MIC_LED:
		return json_pack("{s:s, s:i, s:i}", "kind", "mic_led", "pad", h->pad, "state", h->mic_led);
	}
	return NULL;
}

int pf_probe_feedback_open(struct pf_probe_feedback *f, struct pf_probe_report *report, const char *path,
	int64_t now_ns, struct pf_reason *reason)
{
	*f = (struct pf_probe_feedback){.start_ns = now_ns, .report = report};
	if (path && !(f->log = fopen(path, "we")))
		return pf_reason(reason, PF_ERR_IO, "cannot write %.120s: %s", path, strerror(errno));
	return PF_OK;
}

void pf_probe_feedback_take(struct pf_probe_feedback *f, const struct pf_datagram *d, int64_t now_ns)
{
	bool rumble = d->tag == PF_DATAGRAM_RUMBLE;
	if (!rumble && d->tag != PF_DATAGRAM_HID_OUTPUT)
		return;
	++*(rumble ? &f->report->rumbles : &f->report->hid_outputs);
	json_t *line = !f->log ? NULL : rumble ? of_rumble(&d->rumble) : of_hid(&d->hid);
	if (!line)
		return;
	json_object_set_new(line, "ms", json_real((double)(now_ns - f->start_ns) / 1e6));
	json_dumpf(line, f->log, JSON_COMPACT | JSON_REAL_PRECISION(9));
	fputc('\n', f->log);
	fflush(f->log); /* whoever waits for it reads along */
	json_decref(line);
}

int pf_probe_feedback_close(struct pf_probe_feedback *f)
{
	bool written = !f->log || !ferror(f->log);
	if (f->log && fclose(f->log) != 0)
		written = false;
	f->log = NULL;
	return written ? PF_OK : PF_ERR_IO;
}
