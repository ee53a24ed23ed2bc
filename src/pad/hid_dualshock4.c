/*
 * DualShock 4 (the second model) over USB. Offsets count from the report id, as in the kernel's hid-sony and
 * hid-playstation.
 */
#include <string.h>

#include "pad/hid_items.h"
#include "pad/hid_playstation.h"

/* Input report 1. */
#define AT_SENSOR_TIME   10
#define AT_TOUCH_TIME    34
#define NS_A_TICK_TIMES3 16000 /* a tick is 16/3 us */
#define CABLE            0x10
#define BATTERY_FULL     11

/* Output report 5. */
#define OUTPUT_ID      0x05
#define OUTPUT_BYTES   32
#define AT_FLAGS       1
#define AT_MOTOR_RIGHT 4
#define AT_MOTOR_LEFT  5
#define AT_LIGHTBAR    6
#define FLAG_MOTORS    0x01
#define FLAG_LIGHTBAR  0x02

/* Feature reports. */
#define CALIBRATION_ID    0x02
#define CALIBRATION_BYTES 37
#define PAIRING_ID        0x12 /* asked by hid-playstation and SDL */
#define PAIRING_BYTES     16
#define ADDRESS_ID        0x81 /* asked by hid-sony */
#define ADDRESS_BYTES     7
#define FIRMWARE_ID       0xA3
#define FIRMWARE_BYTES    49
#define HARDWARE_VERSION  0xB400
#define FIRMWARE_VERSION  0xA00B

/* The test and service reports of the device's last vendor page; only two of them are answered. */
#define SERVICE_REPORTS                                                                                     \
	HID_VENDOR_PAGE(0x80), HID_FEATURE_BYTES(0x80, 0x20, 6),                                            \
		HID_FEATURE_BYTES(ADDRESS_ID, 0x21, ADDRESS_BYTES - 1), HID_FEATURE_BYTES(0x82, 0x22, 5),   \
		HID_FEATURE_BYTES(0x83, 0x23, 1), HID_FEATURE_BYTES(0x84, 0x24, 4),                         \
		HID_FEATURE_BYTES(0x85, 0x25, 6), HID_FEATURE_BYTES(0x86, 0x26, 6),                         \
		HID_FEATURE_BYTES(0x87, 0x27, 35), HID_FEATURE_BYTES(0x88, 0x28, 63),                       \
		HID_FEATURE_BYTES(0x89, 0x29, 2), HID_FEATURE_BYTES(0x90, 0x30, 5),                         \
		HID_FEATURE_BYTES(0x91, 0x31, 3), HID_FEATURE_BYTES(0x92, 0x32, 3),                         \
		HID_FEATURE_BYTES(0x93, 0x33, 12), HID_FEATURE_BYTES(0x94, 0x34, 63),                       \
		HID_FEATURE_BYTES(0xA0, 0x40, 6), HID_FEATURE_BYTES(0xA1, 0x41, 1),                         \
		HID_FEATURE_BYTES(0xA2, 0x42, 1), HID_FEATURE_BYTES(FIRMWARE_ID, 0x43, FIRMWARE_BYTES - 1), \
		HID_FEATURE_BYTES(0xA4, 0x44, 13), HID_FEATURE_BYTES(0xF0, 0x47, 63),                       \
		HID_FEATURE_BYTES(0xF1, 0x48, 63), HID_FEATURE_BYTES(0xF2, 0x49, 15)

static const uint8_t descriptor[] = {
	HID_PAGE(HID_PAGE_DESKTOP),
	HID_USAGE(HID_GAMEPAD),
	HID_COLLECTION(HID_APPLICATION),
	HID_REPORT(0x01),
	HID_USAGE(HID_X), /* the left stick */
	HID_USAGE(HID_Y),
	HID_USAGE(HID_Z), /* the right stick */
	HID_USAGE(HID_RZ),
	HID_LOGICAL_MIN(0),
	HID_LOGICAL_MAX_2(255),
	HID_BITS(8),
	HID_COUNT(4),
	HID_INPUT(HID_VARIABLE),
	HID_HAT_NIBBLE,
	HID_BUTTONS(14),
	HID_VENDOR_PAGE(0x00), /* six bits that complete the buttons' bytes */
	HID_USAGE(0x20),
	HID_BITS(6),
	HID_COUNT(1),
	HID_LOGICAL_MIN(0),
	HID_LOGICAL_MAX(63),
	HID_INPUT(HID_VARIABLE),
	HID_PAGE(HID_PAGE_DESKTOP), /* the triggers */
	HID_USAGE(HID_RX),
	HID_USAGE(HID_RY),
	HID_LOGICAL_MIN(0),
	HID_LOGICAL_MAX_2(255),
	HID_BITS(8),
	HID_COUNT(2),
	HID_INPUT(HID_VARIABLE),
	HID_VENDOR_PAGE(0x00), /* motion, battery and touch */
	HID_USAGE(0x21),
	HID_COUNT(54),
	HID_INPUT(HID_VARIABLE),
	HID_OUTPUT_BYTES(OUTPUT_ID, 0x22, OUTPUT_BYTES - 1),
	HID_FEATURE_BYTES(0x04, 0x23, 36),
	HID_FEATURE_BYTES(CALIBRATION_ID, 0x24, CALIBRATION_BYTES - 1),
	HID_FEATURE_BYTES(0x08, 0x25, 3),
	HID_FEATURE_BYTES(0x10, 0x26, 4),
	HID_FEATURE_BYTES(0x11, 0x27, 2),
	HID_VENDOR_PAGE(0x02),
	HID_FEATURE_BYTES(PAIRING_ID, 0x21, PAIRING_BYTES - 1),
	HID_FEATURE_BYTES(0x13, 0x22, 22),
	HID_VENDOR_PAGE(0x05),
	HID_FEATURE_BYTES(0x14, 0x20, 16),
	HID_FEATURE_BYTES(0x15, 0x21, 44),
	SERVICE_REPORTS,
	HID_END,
};

/* --- input --- */

static uint8_t special_buttons(uint32_t buttons)
{
	return (uint8_t)((buttons & PF_PAD_GUIDE ? 0x01 : 0) | (buttons & PF_PAD_TOUCHPAD ? 0x02 : 0));
}

static void compose(struct pf_ps *s, struct pf_wr *w, const struct pf_pad_report *r)
{
	pf_wr_u8(w, 0x01);
	pf_ps_write_sticks(w, r);
	pf_ps_write_buttons(w, r);
	pf_wr_u8(w, special_buttons(r->buttons));
	pf_wr_u8(w, r->lt);
	pf_wr_u8(w, r->rt);
	pf_wr_room(w, 2 + 1); /* sensor time, temperature */
	pf_ps_write_motion(w, r);
	pf_wr_room(w, 5); /* extension port */
	pf_wr_u8(w, pf_ps_power(r, CABLE, CABLE | BATTERY_FULL));
	pf_wr_room(w, 1 + 1); /* of the wireless dongle, reserved */
	pf_wr_u8(w, 1);       /* sets of contacts that follow, of three */
	pf_wr_room(w, 1);     /* when they were read */
	pf_ps_write_contacts(w, s, r);
}

static void stamp(struct pf_ps *s, uint8_t report[PF_PS_INPUT_BYTES], int64_t now_ns)
{
	struct pf_wr time = pf_wr_init(report + AT_SENSOR_TIME, 2);
	pf_wr_u16(&time, (uint16_t)((uint64_t)now_ns * 3 / NS_A_TICK_TIMES3));
	report[AT_TOUCH_TIME] = (uint8_t)s->sent;
}

/* --- features --- */

/* When it was built, and its versions. */
static void write_firmware(struct pf_wr *w)
{
	pf_wr_bytes(w, "Sep 21 2018", 11);
	pf_wr_room(w, 5);
	pf_wr_bytes(w, "04:50:51", 8);
	pf_wr_room(w, 10);
	pf_wr_u16(w, HARDWARE_VERSION);
	pf_wr_room(w, 4);
	pf_wr_u16(w, FIRMWARE_VERSION);
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
	case ADDRESS_ID:
		pf_ps_write_mac(&w, state);
		return ADDRESS_BYTES;
	case FIRMWARE_ID:
		write_firmware(&w);
		return FIRMWARE_BYTES;
	}
	return PF_ERR_NOT_FOUND;
}

/* --- output --- */

static void output(void *state, const uint8_t *data, size_t len, int64_t now_ns)
{
	const struct pf_ps *s = state;
	if (len <= AT_FLAGS || data[0] != OUTPUT_ID)
		return;
	if (data[AT_FLAGS] & FLAG_MOTORS && len > AT_MOTOR_LEFT)
		pf_ps_rumble(s, data[AT_MOTOR_LEFT], data[AT_MOTOR_RIGHT]);
	if (data[AT_FLAGS] & FLAG_LIGHTBAR && len >= AT_LIGHTBAR + 3)
		pf_ps_led(s, data + AT_LIGHTBAR);
}

static const struct pf_ps_family family = {1920, 942, compose, stamp};

static void *create(const uint8_t mac[PF_PAD_MAC_BYTES], const struct pf_hid_port *port)
{
	return pf_ps_create(&family, mac, port);
}

const struct pf_hid_model pf_hid_dualshock4 = {
	.name = "Sony Interactive Entertainment Wireless Controller",
	.vendor = 0x054C,
	.product = 0x09CC,
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
