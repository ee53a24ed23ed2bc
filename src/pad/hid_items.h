/*
 * The items of HID report descriptors (HID 1.11, 6.2.2), so that a descriptor reads as what it says. Each macro is a
 * prefix byte (tag, type and payload size) and its payload.
 */
#pragma once

#define HID_LOW(v)  ((v)&0xFF)
#define HID_HIGH(v) ((v) >> 8 & 0xFF)

/* Main */
#define HID_INPUT(flags)     0x81, (flags)
#define HID_OUTPUT(flags)    0x91, (flags)
#define HID_FEATURE(flags)   0xB1, (flags)
#define HID_COLLECTION(kind) 0xA1, (kind)
#define HID_END              0xC0
#define HID_APPLICATION      0x01
#define HID_VARIABLE         0x02 /* data, absolute */
#define HID_VARIABLE_NULL    0x42 /* and values out of range mean nothing */

/* Global */
#define HID_PAGE(page)       0x05, (page)
#define HID_VENDOR_PAGE(low) 0x06, (low), 0xFF
#define HID_LOGICAL_MIN(v)   0x15, (v)
#define HID_LOGICAL_MAX(v)   0x25, (v)
#define HID_LOGICAL_MAX_2(v) 0x26, HID_LOW(v), HID_HIGH(v)
#define HID_PHYSICAL_MIN(v)  0x35, (v)
#define HID_PHYSICAL_MAX(v)  0x46, HID_LOW(v), HID_HIGH(v)
#define HID_UNIT(unit)       0x65, (unit)
#define HID_BITS(n)          0x75, (n)
#define HID_COUNT(n)         0x95, (n)
#define HID_REPORT(id)       0x85, (id)

/* Local */
#define HID_USAGE(usage)     0x09, (usage)
#define HID_USAGE_MIN(usage) 0x19, (usage)
#define HID_USAGE_MAX(usage) 0x29, (usage)

#define HID_PAGE_DESKTOP 0x01
#define HID_PAGE_BUTTON  0x09
#define HID_GAMEPAD      0x05
#define HID_X            0x30
#define HID_Y            0x31
#define HID_Z            0x32
#define HID_RX           0x33
#define HID_RY           0x34
#define HID_RZ           0x35
#define HID_HAT          0x39
#define HID_DEGREES      0x14 /* a unit */

/* A hat of eight directions from north, clockwise, in a nibble. */
#define HID_HAT_NIBBLE                                                                   \
	HID_USAGE(HID_HAT), HID_LOGICAL_MIN(0), HID_LOGICAL_MAX(7), HID_PHYSICAL_MIN(0), \
		HID_PHYSICAL_MAX(315), HID_UNIT(HID_DEGREES), HID_BITS(4), HID_COUNT(1), \
		HID_INPUT(HID_VARIABLE_NULL), HID_UNIT(0)

/* Buttons 1..n, a bit each. */
#define HID_BUTTONS(n)                                                                     \
	HID_PAGE(HID_PAGE_BUTTON), HID_USAGE_MIN(1), HID_USAGE_MAX(n), HID_LOGICAL_MIN(0), \
		HID_LOGICAL_MAX(1), HID_BITS(1), HID_COUNT(n), HID_INPUT(HID_VARIABLE)

/* Reports of bytes, where the global items say 8 bits, 0..255. */
#define HID_OUTPUT_BYTES(id, usage, n) \
	HID_REPORT(id), HID_USAGE(usage), HID_COUNT(n), HID_OUTPUT(HID_VARIABLE)
#define HID_FEATURE_BYTES(id, usage, n) \
	HID_REPORT(id), HID_USAGE(usage), HID_COUNT(n), HID_FEATURE(HID_VARIABLE)
