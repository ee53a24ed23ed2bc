/*
 * Switch Pro Controller over USB, as hid-nintendo and SDL know it. The driver asks for a dialogue of subcommands before
 * it makes any node, and sends rumble and lights only to a controller whose reports keep coming.
 *
 * The USB stage of the dialogue (0x80, 0x81) is between the computer and the controller's USB chip; everything else is
 * the same over Bluetooth.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pad/hd_rumble.h"
#include "pad/hid_model.h"
#include "pad/switch_dialogue.h"

#define IN_ANSWER   0x21
#define IN_FULL     0x30
#define IN_USB      0x81
#define OUT_COMMAND 0x01
#define OUT_RUMBLE  0x10
#define OUT_USB     0x80

#define USB_STATUS     0x01
#define USB_HANDSHAKE  0x02
#define USB_3_MBAUD    0x03
#define USB_NO_TIMEOUT 0x04

#define HELD_ABOVE 127 /* triggers are switches here: pressed from the second half of the way on */

/* What the real one does over USB, and what the driver takes for its motion clock until it has measured. */
#define PERIOD_NS INT64_C(15000000)
/* A change of buttons and sticks does not wait for that, but comes no closer than motion samples are: sticks of a
 * client that reports at 1 kHz would be 1000 reports a second that no game looks at. */
#define SAMPLE_NS INT64_C(5000000)
#define SAMPLES   3 /* of motion in a report */

/* "Ready for the next rumble." Without it the driver does not repeat what it has sent. */
#define RUMBLE_READY 0x70

#define CABLE    0x01 /* of the battery byte: powered by the computer */
#define CHARGING 0x10

struct motion {
	int16_t gyro[3], accel[3];
};

struct switch_pro {
	const struct pf_hid_port *port;
	struct pf_switch_device device;
	struct pf_pad_report now;
	struct motion motion[SAMPLES]; /* the newest last */
	/* From the first wish for reports on: programs that leave ask for silence, but the kernel's driver lives on. */
	bool streaming;
	bool changed;
	int64_t sent_ns;
};

/*
 * One collection. 0x30 is laid out for programs that know no more than HID: 18 buttons, four axes of 16 bits, a hat, and
 * bytes that only the driver understands. The reports of the dialogue are opaque, 63 bytes each.
 */
/* clang-format off */
#define OPAQUE(id, usage, main) 0x85, (id), 0x09, (usage), 0x75, 8, 0x95, PF_HID_REPORT_BYTES_MAX - 1, (main), 0x03
static const uint8_t descriptor[] = {
	0x05, 0x01,                   /* Usage Page (Generic Desktop) */
	0x09, 0x04,                   /* Usage (Joystick) */
	0xA1, 0x01,                   /* Collection (Application) */
	0x85, IN_FULL,                /*   Report ID */
	0x05, 0x09,                   /*   Usage Page (Button) */
	0x15, 0, 0x25, 1,             /*   Logical 0..1 */
	0x19, 1, 0x29, 14,            /*   Usage 1..14 */
	0x75, 1, 0x95, 14,            /*   14 fields of 1 bit */
	0x81, 0x02,                   /*   Input (Variable) */
	0x95, 2, 0x81, 0x03,          /*   Input (Constant), 2 bits */
	0x05, 0x01,                   /*   Usage Page (Generic Desktop) */
	0x09, 0x01,                   /*   Usage (Pointer) */
	0xA1, 0x00,                   /*   Collection (Physical) */
	0x09, 0x30, 0x09, 0x31,       /*     Usage X, Y */
	0x09, 0x32, 0x09, 0x35,       /*     Usage Z, Rz */
	0x27, 0xFF, 0xFF, 0x00, 0x00, /*     Logical ..65535 */
	0x75, 16, 0x95, 4,            /*     4 fields of 16 bits */
	0x81, 0x02,                   /*     Input (Variable) */
	0xC0,                         /*   End Collection */
	0x09, 0x39,                   /*   Usage (Hat Switch) */
	0x25, 7,                      /*   Logical ..7 */
	0x35, 0, 0x46, 0x3B, 0x01,    /*   Physical 0..315 */
	0x65, 0x14,                   /*   Unit (degrees) */
	0x75, 4, 0x95, 1,             /*   1 field of 4 bits */
	0x81, 0x42,                   /*   Input (Variable, Null State) */
	0x65, 0, 0x45, 0,             /*   Unit and physical range: none */
	0x05, 0x09,                   /*   Usage Page (Button) */
	0x25, 1,                      /*   Logical ..1 */
	0x19, 15, 0x29, 18,           /*   Usage 15..18 */
	0x75, 1, 0x95, 4,             /*   4 fields of 1 bit */
	0x81, 0x02,                   /*   Input (Variable) */
	0x75, 8, 0x95, 52,            /*   52 bytes */
	0x81, 0x03,                   /*   Input (Constant) */
	0x06, 0x00, 0xFF,             /*   Usage Page (Vendor) */
	OPAQUE(IN_ANSWER, 1, 0x81),
	OPAQUE(IN_USB, 2, 0x81),
	OPAQUE(OUT_COMMAND, 3, 0x91),
	OPAQUE(OUT_RUMBLE, 4, 0x91),
	OPAQUE(OUT_USB, 5, 0x91),
	OPAQUE(0x82, 6, 0x91),        /*   unused */
	0xC0,                         /* End Collection */
};
/* clang-format on */

/* --- input reports --- */

/* Buttons by position: what Xbox calls A is in the south, and so is the B of Nintendo. Bits of the three bytes. */
static uint32_t buttons_of(const struct pf_pad_report *r)
{
	static const struct {
		uint32_t ours, theirs;
	} map[] = {
		{PF_PAD_X, 1u << 0}, /* Y */
		{PF_PAD_Y, 1u << 1}, /* X */
		{PF_PAD_A, 1u << 2}, /* B */
		{PF_PAD_B, 1u << 3}, /* A */
		{PF_PAD_RIGHT_SHOULDER, 1u << 6},
		{PF_PAD_BACK, 1u << 8},  /* minus */
		{PF_PAD_START, 1u << 9}, /* plus */
		{PF_PAD_RIGHT_STICK, 1u << 10},
		{PF_PAD_LEFT_STICK, 1u << 11},
		{PF_PAD_GUIDE, 1u << 12}, /* home */
		{PF_PAD_MISC, 1u << 13},  /* capture */
		{PF_PAD_DOWN, 1u << 16},
		{PF_PAD_UP, 1u << 17},
		{PF_PAD_RIGHT, 1u << 18},
		{PF_PAD_LEFT, 1u << 19},
		{PF_PAD_LEFT_SHOULDER, 1u << 22},
	};
	uint32_t bits = (r->rt > HELD_ABOVE ? 1u << 7 : 0) | (r->lt > HELD_ABOVE ? 1u << 23 : 0);
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		bits |= r->buttons & map[i].ours ? map[i].theirs : 0;
	return bits;
}

static unsigned stick_of(int16_t v)
{
	long off = lroundf((float)v * PF_SWITCH_STICK_REACH / INT16_MAX);
	return (unsigned)(PF_SWITCH_STICK_CENTRE +
			  (off < -PF_SWITCH_STICK_REACH ? -PF_SWITCH_STICK_REACH : off));
}

/* Two numbers of 12 bits. */
static void put_stick(struct pf_wr *w, int16_t x, int16_t y)
{
	pf_wr_le(w, stick_of(x) | stick_of(y) << 12, 3);
}

/* Five levels in the high bits. On a cable unless the client's controller is not: a driver calls it full only then. */
static uint8_t battery_of(const struct pf_pad_report *r)
{
	bool known = r->battery_percent <= PF_PAD_BATTERY_KNOWN && r->power != PF_PAD_FULL;
	unsigned level = known ? (r->battery_percent * 4u + 50) / 100 : 4;
	unsigned source = r->power == PF_PAD_DISCHARGING ? 0 : CABLE;
	return (uint8_t)(level << 5 | (r->power == PF_PAD_CHARGING ? CHARGING : 0) | source);
}

/* What every report of the controller begins with. */
static struct pf_wr begin(
	const struct switch_pro *s, uint8_t bytes[PF_HID_REPORT_BYTES_MAX], uint8_t id, int64_t now_ns)
{
	struct pf_wr w = pf_wr_init(bytes, PF_HID_REPORT_BYTES_MAX);
	memset(bytes, 0, PF_HID_REPORT_BYTES_MAX);
	pf_wr_u8(&w, id);
	pf_wr_u8(&w, (uint8_t)(now_ns / SAMPLE_NS));
	pf_wr_u8(&w, battery_of(&s->now));
	pf_wr_le(&w, buttons_of(&s->now), 3);
	put_stick(&w, s->now.lx, s->now.ly);
	put_stick(&w, s->now.rx, s->now.ry);
	pf_wr_u8(&w, RUMBLE_READY);
	return w;
}

static int16_t counts_of(float v)
{
	long counts = lroundf(v);
	return (int16_t)(counts > INT16_MAX ? INT16_MAX : counts < INT16_MIN ? INT16_MIN : counts);
}

/*
 * The device's x points away from the player (ours, z, towards), y to the left (ours, x, to the right) and z up (ours,
 * y). Both systems are right-handed, so turning about an axis follows the same rule as going along it.
 */
static void put_axes(struct pf_wr *w, const int16_t ours[3], float counts_per_unit)
{
	pf_wr_u16(w, (uint16_t)counts_of(-ours[2] * counts_per_unit));
	pf_wr_u16(w, (uint16_t)counts_of(-ours[0] * counts_per_unit));
	pf_wr_u16(w, (uint16_t)counts_of(ours[1] * counts_per_unit));
}

static void send_full(struct switch_pro *s, int64_t now_ns)
{
	uint8_t bytes[PF_HID_REPORT_BYTES_MAX];
	struct pf_wr w = begin(s, bytes, IN_FULL, now_ns);
	for (int i = 0; s->device.motion && i < SAMPLES; i++) {
		put_axes(&w, s->motion[i].accel, pf_switch_accel_counts(&s->device) / PF_PAD_ACCEL_UNITS);
		put_axes(&w, s->motion[i].gyro, pf_switch_gyro_counts(&s->device) / PF_PAD_GYRO_UNITS);
	}
	for (int i = 0; i < SAMPLES - 1; i++)
		s->motion[i] = s->motion[SAMPLES - 1];
	s->changed = false;
	s->sent_ns = now_ns;
	s->port->input(s->port->user, bytes, sizeof(bytes));
}

static int64_t due_ns(const struct switch_pro *s)
{
	return s->streaming ? s->sent_ns + (s->changed ? SAMPLE_NS : PERIOD_NS) : PF_PAD_NEVER;
}

static int64_t tick(void *state, int64_t now_ns)
{
	struct switch_pro *s = state;
	if (now_ns >= due_ns(s))
		send_full(s, now_ns);
	return due_ns(s);
}

/* Motion alone is no change: it has its own place in the next report. */
static bool felt(const struct pf_pad_report *a, const struct pf_pad_report *b)
{
	return buttons_of(a) != buttons_of(b) || a->lx != b->lx || a->ly != b->ly || a->rx != b->rx ||
	       a->ry != b->ry;
}

static void report(void *state, const struct pf_pad_report *r, int64_t now_ns)
{
	struct switch_pro *s = state;
	s->changed |= felt(&s->now, r);
	s->now = *r;
	s->device.battery_percent = r->battery_percent;
	memmove(s->motion, s->motion + 1, (SAMPLES - 1) * sizeof(s->motion[0]));
	memcpy(s->motion[SAMPLES - 1].gyro, r->gyro, sizeof(r->gyro));
	memcpy(s->motion[SAMPLES - 1].accel, r->accel, sizeof(r->accel));
	tick(s, now_ns);
}

/* --- output reports --- */

/* The driver is content with silence after NO_TIMEOUT, as the real one keeps, but waits for it a fifth of a second. */
static void answer_usb(struct switch_pro *s, uint8_t command)
{
	uint8_t bytes[PF_HID_REPORT_BYTES_MAX] = {IN_USB, command};
	struct pf_wr w = pf_wr_init(bytes + 2, sizeof(bytes) - 2);
	switch (command) {
	case USB_STATUS:
		pf_wr_u8(&w, 0);
		pf_wr_u8(&w, PF_SWITCH_TYPE_PRO);
		for (size_t i = PF_PAD_MAC_BYTES; i > 0; i--)
			pf_wr_u8(&w, s->device.mac[i - 1]);
		break;
	case USB_HANDSHAKE:
	case USB_3_MBAUD:
	case USB_NO_TIMEOUT:
		break;
	default:
		return;
	}
	s->port->input(s->port->user, bytes, sizeof(bytes));
}

static void take_usb(struct switch_pro *s, struct pf_rd *r)
{
	uint8_t command = pf_rd_u8(r);
	if (r->failed)
		return;
	s->streaming |= command == USB_NO_TIMEOUT;
	answer_usb(s, command);
}

static void take_rumble(struct switch_pro *s, struct pf_rd *r)
{
	struct pf_pad_feedback f = {.kind = PF_PAD_RUMBLE};
	uint8_t data[PF_HD_RUMBLE_BYTES];
	pf_rd_skip(r, 1); /* their count */
	pf_rd_copy(r, data, sizeof(data));
	if (!r->failed && s->device.vibration && pf_hd_rumble_read(data, &f.rumble.low, &f.rumble.high))
		s->port->feedback(s->port->user, &f);
}

/* Over USB lights that flash are simply on. */
static void tell_lights(struct switch_pro *s)
{
	uint8_t lights = s->device.player_lights;
	struct pf_pad_feedback f = {.kind = PF_PAD_PLAYER_LEDS, .player_leds = (lights | lights >> 4) & 15};
	s->port->feedback(s->port->user, &f);
}

static void stop_rumble(struct switch_pro *s)
{
	struct pf_pad_feedback f = {.kind = PF_PAD_RUMBLE};
	s->port->feedback(s->port->user, &f);
}

static void take_subcommand(struct switch_pro *s, struct pf_rd *r, int64_t now_ns)
{
	uint8_t bytes[PF_HID_REPORT_BYTES_MAX];
	struct pf_switch_device before = s->device;
	struct pf_wr w = begin(s, bytes, IN_ANSWER, now_ns);
	size_t len = r->left;
	const uint8_t *subcommand = pf_rd_bytes(r, len);
	if (r->failed || len == 0)
		return;
	pf_switch_answer(&s->device, subcommand, len, &w);
	s->port->input(s->port->user, bytes, sizeof(bytes));
	s->streaming |= s->device.mode == PF_SWITCH_MODE_FULL;
	if (s->device.player_lights != before.player_lights)
		tell_lights(s);
	if (before.vibration && !s->device.vibration)
		stop_rumble(s);
}

static void output(void *state, const uint8_t *data, size_t len, int64_t now_ns)
{
	struct switch_pro *s = state;
	struct pf_rd r = pf_rd_init(data, len);
	switch (pf_rd_u8(&r)) {
	case OUT_USB:
		take_usb(s, &r);
		break;
	case OUT_RUMBLE:
		take_rumble(s, &r);
		break;
	case OUT_COMMAND:
		take_rumble(s, &r);
		take_subcommand(s, &r, now_ns);
		break;
	}
}

/* The driver asks for none. */
static int get_feature(void *state, uint8_t id, uint8_t out[PF_HID_REPORT_BYTES_MAX])
{
	return PF_ERR_NOT_FOUND;
}

/* --- life --- */

static void *create(const uint8_t mac[PF_PAD_MAC_BYTES], const struct pf_hid_port *port)
{
	struct switch_pro *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->port = port;
	s->now = pf_pad_at_rest();
	pf_switch_device_init(&s->device, mac);
	s->device.battery_percent = s->now.battery_percent;
	for (int i = 0; i < SAMPLES; i++)
		memcpy(s->motion[i].accel, s->now.accel, sizeof(s->now.accel));
	return s;
}

static void destroy(void *state)
{
	free(state);
}

const struct pf_hid_model pf_hid_switch_pro = {
	.name = "Nintendo Co., Ltd. Pro Controller",
	.vendor = 0x057E,
	.product = 0x2009,
	.version = 0x0200,
	.descriptor = descriptor,
	.descriptor_bytes = sizeof(descriptor),
	.create = create,
	.destroy = destroy,
	.report = report,
	.tick = tick,
	.get_feature = get_feature,
	.output = output,
};
