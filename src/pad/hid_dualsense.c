/*
 * DualSense and DualSense Edge over USB. Offsets count from the report id, as in the kernel's hid-playstation and in
 * what is publicly known of the device.
 */
#include <string.h>

#include "pad/hid_items.h"
#include "pad/hid_playstation.h"

/* Input report 1. */
#define AT_SEQUENCE     7
#define AT_PACKET       12
#define AT_SENSOR_TIME  28
#define TICKS_A_US      3
#define STATUS_CHARGING 0x10
#define STATUS_FULL     0x20
#define PLUGGED_USB     0x08

/* Output report 2. */
#define OUTPUT_ID         0x02
#define AT_MOTOR_RIGHT    3
#define AT_MOTOR_LEFT     4
#define AT_MIC_LED        9
#define AT_TRIGGER_RIGHT  11
#define AT_TRIGGER_LEFT   22
#define AT_FLAGS_2        39
#define AT_PLAYER_LEDS    44
#define AT_LIGHTBAR       45
#define FLAG0_VIBRATION   0x01
#define FLAG0_NO_HAPTICS  0x02
#define FLAG0_R2          0x04
#define FLAG0_L2          0x08
#define FLAG1_MIC_LED     0x01
#define FLAG1_LIGHTBAR    0x04
#define FLAG1_PLAYER_LEDS 0x10
#define FLAG2_VIBRATION_2 0x04
#define PLAYER_LEDS_MASK  0x1F
#define MIC_LED_LAST      2

/* Feature reports. */
#define CALIBRATION_ID    0x05
#define CALIBRATION_BYTES 41
#define PAIRING_ID        0x09
#define PAIRING_BYTES     20
#define FIRMWARE_ID       0x20
#define FIRMWARE_BYTES    64
/* Above whatever Sony has published: games offer no update, and drivers use the second way of vibration. */
#define UPDATE_VERSION   0x0F00
#define HARDWARE_VERSION 0x01000208
#define FIRMWARE_VERSION 0x0110002A

#define SIX_AXES                                                                                          \
	HID_USAGE(HID_X), HID_USAGE(HID_Y), HID_USAGE(HID_Z), HID_USAGE(HID_RZ), HID_USAGE(HID_RX),       \
		HID_USAGE(HID_RY), HID_LOGICAL_MIN(0), HID_LOGICAL_MAX_2(255), HID_BITS(8), HID_COUNT(6), \
		HID_INPUT(HID_VARIABLE)

/* Input report 1: 63 bytes. The 13 bits complete the two bytes of buttons; the rest is motion, touch and battery. */
#define INPUT_REPORT                                                                                  \
	HID_REPORT(0x01), SIX_AXES, HID_VENDOR_PAGE(0x00), HID_USAGE(0x20), HID_COUNT(1),             \
		HID_INPUT(HID_VARIABLE), HID_PAGE(HID_PAGE_DESKTOP), HID_HAT_NIBBLE, HID_BUTTONS(15), \
		HID_VENDOR_PAGE(0x00), HID_USAGE(0x21), HID_COUNT(13), HID_INPUT(HID_VARIABLE),       \
		HID_VENDOR_PAGE(0x00), HID_USAGE(0x22), HID_LOGICAL_MIN(0), HID_LOGICAL_MAX_2(255),   \
		HID_BITS(8), HID_COUNT(52), HID_INPUT(HID_VARIABLE)

/* What both have; the Edge has more in report F2. */
#define COMMON_FEATURES(f2_bytes)                                                                           \
	HID_FEATURE_BYTES(CALIBRATION_ID, 0x33, CALIBRATION_BYTES - 1), HID_FEATURE_BYTES(0x08, 0x34, 47),  \
		HID_FEATURE_BYTES(PAIRING_ID, 0x24, PAIRING_BYTES - 1), HID_FEATURE_BYTES(0x0A, 0x25, 26),  \
		HID_FEATURE_BYTES(FIRMWARE_ID, 0x26, FIRMWARE_BYTES - 1), HID_FEATURE_BYTES(0x21, 0x27, 4), \
		HID_FEATURE_BYTES(0x22, 0x40, 63), HID_FEATURE_BYTES(0x80, 0x28, 63),                       \
		HID_FEATURE_BYTES(0x81, 0x29, 63), HID_FEATURE_BYTES(0x82, 0x2A, 9),                        \
		HID_FEATURE_BYTES(0x83, 0x2B, 63), HID_FEATURE_BYTES(0x84, 0x2C, 63),                       \
		HID_FEATURE_BYTES(0x85, 0x2D, 2), HID_FEATURE_BYTES(0xA0, 0x2E, 1),                         \
		HID_FEATURE_BYTES(0xE0, 0x2F, 63), HID_FEATURE_BYTES(0xF0, 0x30, 63),                       \
		HID_FEATURE_BYTES(0xF1, 0x31, 63), HID_FEATURE_BYTES(0xF2, 0x32, f2_bytes),                 \
		HID_FEATURE_BYTES(0xF4, 0x35, 63), HID_FEATURE_BYTES(0xF5, 0x36, 3)

/* One of the Edge's reports of profiles, all of 63 bytes. */
#define PROFILE(id, usage) HID_REPORT(id), HID_USAGE(usage), HID_FEATURE(HID_VARIABLE)

static const uint8_t descriptor[] = {
	HID_PAGE(HID_PAGE_DESKTOP),
	HID_USAGE(HID_GAMEPAD),
	HID_COLLECTION(HID_APPLICATION),
	INPUT_REPORT,
	HID_OUTPUT_BYTES(OUTPUT_ID, 0x23, 47),
	COMMON_FEATURES(15),
	HID_END,
};

static const uint8_t edge_descriptor[] = {
	HID_PAGE(HID_PAGE_DESKTOP),
	HID_USAGE(HID_GAMEPAD),
	HID_COLLECTION(HID_APPLICATION),
	INPUT_REPORT,
	HID_OUTPUT_BYTES(OUTPUT_ID, 0x23, 63),
	COMMON_FEATURES(52),
	HID_FEATURE_BYTES(0x60, 0x41, 63), /* the profile to be written, and five of them */
	PROFILE(0x61, 0x42),
	PROFILE(0x62, 0x43),
	PROFILE(0x63, 0x44),
	PROFILE(0x64, 0x45),
	PROFILE(0x65, 0x46),
	PROFILE(0x68, 0x47),
	PROFILE(0x70, 0x48), /* the stored ones, three reports each */
	PROFILE(0x71, 0x49),
	PROFILE(0x72, 0x4A),
	PROFILE(0x73, 0x4B),
	PROFILE(0x74, 0x4C),
	PROFILE(0x75, 0x4D),
	PROFILE(0x76, 0x4E),
	PROFILE(0x77, 0x4F),
	PROFILE(0x78, 0x50),
	PROFILE(0x79, 0x51),
	PROFILE(0x7A, 0x52),
	PROFILE(0x7B, 0x53),
	HID_END,
};

/* --- input --- */

static uint8_t special_buttons(uint32_t buttons)
{
	return (uint8_t)((buttons & PF_PAD_GUIDE ? 0x01 : 0) | (buttons & PF_PAD_TOUCHPAD ? 0x02 : 0) |
			 (buttons & PF_PAD_MISC ? 0x04 : 0));
}

/* The lower two are its function buttons, the upper two its back paddles, left before right. */
static uint8_t edge_buttons(uint32_t buttons)
{
	return (uint8_t)((buttons & PF_PAD_PADDLE_4 ? 0x10 : 0) | (buttons & PF_PAD_PADDLE_3 ? 0x20 : 0) |
			 (buttons & PF_PAD_PADDLE_2 ? 0x40 : 0) | (buttons & PF_PAD_PADDLE_1 ? 0x80 : 0));
}

static void compose_any(struct pf_ps *s, struct pf_wr *w, const struct pf_pad_report *r, uint8_t more_buttons)
{
	pf_wr_u8(w, 0x01);
	pf_ps_write_sticks(w, r);
	pf_wr_u8(w, r->lt);
	pf_wr_u8(w, r->rt);
	pf_wr_room(w, 1); /* sequence */
	pf_ps_write_buttons(w, r);
	pf_wr_u8(w, special_buttons(r->buttons) | more_buttons);
	pf_wr_room(w, 1 + 4); /* reserved, packet number */
	pf_ps_write_motion(w, r);
	pf_wr_room(w, 4 + 1); /* sensor time, temperature */
	pf_ps_write_contacts(w, s, r);
	pf_wr_room(w, 12); /* trigger feedback, timers */
	pf_wr_u8(w, pf_ps_power(r, STATUS_CHARGING, STATUS_FULL | 10));
	pf_wr_u8(w, PLUGGED_USB);
}

static void compose(struct pf_ps *s, struct pf_wr *w, const struct pf_pad_report *r)
{
	compose_any(s, w, r, 0);
}

static void compose_edge(struct pf_ps *s, struct pf_wr *w, const struct pf_pad_report *r)
{
	compose_any(s, w, r, edge_buttons(r->buttons));
}

static void stamp(struct pf_ps *s, uint8_t report[PF_PS_INPUT_BYTES], int64_t now_ns)
{
	struct pf_wr packet = pf_wr_init(report + AT_PACKET, 4);
	struct pf_wr time = pf_wr_init(report + AT_SENSOR_TIME, 4);
	report[AT_SEQUENCE] = (uint8_t)s->sent;
	pf_wr_u32(&packet, s->sent);
	pf_wr_u32(&time, (uint32_t)((uint64_t)now_ns * TICKS_A_US / 1000));
}

/* --- features --- */

/* Of the firmware report: when it was built, what it is, and its versions. */
static void write_firmware(struct pf_wr *w)
{
	pf_wr_bytes(w, "Jul  4 202510:00:00", 19);
	pf_wr_u16(w, 3); /* type */
	pf_wr_u16(w, 4); /* series */
	pf_wr_u32(w, HARDWARE_VERSION);
	pf_wr_u32(w, FIRMWARE_VERSION);
	pf_wr_room(w, 12); /* device info */
	pf_wr_u16(w, UPDATE_VERSION);
}

static int get_feature(void *state, uint8_t id, uint8_t out[PF_HID_REPORT_BYTES_MAX])
{
	struct pf_wr w = pf_wr_init(out, PF_HID_REPORT_BYTES_MAX);
	memset(out, 0, PF_HID_REPORT_BYTES_MAX);
	pf_wr_u8(&w, id);
	switch (id) {
	case CALIBRATION_ID:
		pf_ps_write_calibration(&w);
		return CALIBRATION_BYTES;
	case PAIRING_ID:
		pf_ps_write_mac(&w, state);
		return PAIRING_BYTES;
	case FIRMWARE_ID:
		write_firmware(&w);
		return FIRMWARE_BYTES;
	}
	return PF_ERR_NOT_FOUND;
}

/* --- output --- */

struct output {
	const struct pf_ps *s;
	const uint8_t *data;
	size_t len;
	uint8_t flags[3];
};

/* What the flag announces, if the report is long enough to have it. */
static const uint8_t *field(const struct output *o, unsigned flags, uint8_t flag, size_t at, size_t bytes)
{
	return o->flags[flags] & flag && o->len >= at + bytes ? o->data + at : NULL;
}

static void tell(const struct output *o, const struct pf_pad_feedback *f)
{
	o->s->port->feedback(o->s->port->user, f);
}

/* SDL stops the motors by a report without any flag: the device leaves vibration for haptics then. A report that is
 * about something else, such as the driver's of the lights, leaves the motors as they are. */
static void take_rumble(const struct output *o)
{
	const uint8_t *motors = field(o, 0, FLAG0_VIBRATION, AT_MOTOR_RIGHT, 2);
	if (!motors)
		motors = field(o, 2, FLAG2_VIBRATION_2, AT_MOTOR_RIGHT, 2);
	if (motors)
		pf_ps_rumble(o->s, motors[AT_MOTOR_LEFT - AT_MOTOR_RIGHT], motors[0]);
	else if (o->len > AT_FLAGS_2 && !(o->flags[0] & ~FLAG0_NO_HAPTICS) && !o->flags[1] && !o->flags[2])
		pf_ps_rumble(o->s, 0, 0);
}

static void take_trigger(const struct output *o, bool right)
{
	struct pf_pad_feedback f = {.kind = PF_PAD_TRIGGER, .trigger.right = right};
	const uint8_t *effect = right ? field(o, 0, FLAG0_R2, AT_TRIGGER_RIGHT, PF_TRIGGER_EFFECT_MAX)
				      : field(o, 0, FLAG0_L2, AT_TRIGGER_LEFT, PF_TRIGGER_EFFECT_MAX);
	if (!effect)
		return;
	memcpy(f.trigger.effect, effect, PF_TRIGGER_EFFECT_MAX);
	tell(o, &f);
}

static void take_lights(const struct output *o)
{
	const uint8_t *lightbar = field(o, 1, FLAG1_LIGHTBAR, AT_LIGHTBAR, 3);
	const uint8_t *player = field(o, 1, FLAG1_PLAYER_LEDS, AT_PLAYER_LEDS, 1);
	const uint8_t *mic = field(o, 1, FLAG1_MIC_LED, AT_MIC_LED, 1);
	if (lightbar)
		pf_ps_led(o->s, lightbar);
	if (player)
		tell(o, &(struct pf_pad_feedback){
				.kind = PF_PAD_PLAYER_LEDS, .player_leds = *player & PLAYER_LEDS_MASK});
	if (mic && *mic <= MIC_LED_LAST)
		tell(o, &(struct pf_pad_feedback){.kind = PF_PAD_MIC_LED, .mic_led = *mic});
}

static void output(void *state, const uint8_t *data, size_t len, int64_t now_ns)
{
	if (len < AT_MOTOR_RIGHT || data[0] != OUTPUT_ID)
		return;
	struct output o = {state, data, len, {data[1], data[2], len > AT_FLAGS_2 ? data[AT_FLAGS_2] : 0}};
	take_rumble(&o);
	take_trigger(&o, true);
	take_trigger(&o, false);
	take_lights(&o);
}

/* --- the two models --- */

static const struct pf_ps_family family = {1920, 1080, compose, stamp};
static const struct pf_ps_family edge_family = {1920, 1080, compose_edge, stamp};

static void *create(const uint8_t mac[PF_PAD_MAC_BYTES], const struct pf_hid_port *port)
{
	return pf_ps_create(&family, mac, port);
}

static void *create_edge(const uint8_t mac[PF_PAD_MAC_BYTES], const struct pf_hid_port *port)
{
	return pf_ps_create(&edge_family, mac, port);
}

const struct pf_hid_model pf_hid_dualsense = {
	.name = "Sony Interactive Entertainment DualSense Wireless Controller",
	.vendor = 0x054C,
	.product = 0x0CE6,
	.version = 0x0111,
	.descriptor = descriptor,
	.descriptor_bytes = sizeof(descriptor),
	.create = create,
	.destroy = pf_ps_destroy,
	.report = pf_ps_report,
	.tick = pf_ps_tick,
	.get_feature = get_feature,
	.output = output,
};

const struct pf_hid_model pf_hid_dualsense_edge = {
	.name = "Sony Interactive Entertainment DualSense Edge Wireless Controller",
	.vendor = 0x054C,
	.product = 0x0DF2,
	.version = 0x0111,
	.descriptor = edge_descriptor,
	.descriptor_bytes = sizeof(edge_descriptor),
	.create = create_edge,
	.destroy = pf_ps_destroy,
	.report = pf_ps_report,
	.tick = pf_ps_tick,
	.get_feature = get_feature,
	.output = output,
};
