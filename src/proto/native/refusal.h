/*
 * Application close codes of a connection and what they mean for a user (native-control 1.6). Refusals are
 * the codes that a client shows as a reason; everything else is a plain end. Thread-safety: safe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum pf_close_code {
	PF_CLOSE_NORMAL = 0x00,
	PF_CLOSE_ERROR = 0x01,
	PF_CLOSE_BUSY = 0x42,
	PF_CLOSE_QUIT = 0x51,
	PF_CLOSE_APP_EXITED = 0x52,
	PF_CLOSE_NOT_ARMED = 0x60,
	PF_CLOSE_BOUND_TO_OTHER = 0x61,
	PF_CLOSE_RATE_LIMITED = 0x62,
	PF_CLOSE_IDENTITY_REQUIRED = 0x63,
	PF_CLOSE_DENIED = 0x64,
	PF_CLOSE_APPROVAL_TIMEOUT = 0x65,
	PF_CLOSE_SUPERSEDED = 0x66,
	PF_CLOSE_WIRE_VERSION = 0x67,
	PF_CLOSE_SETUP_FAILED = 0x68,
	PF_CLOSE_ACCESS_EXPIRED = 0x69,
	PF_CLOSE_LAUNCH_NOT_PERMITTED = 0x6A,
	PF_CLOSE_HOST_POWER = 0x6B,
	PF_CLOSE_PROFILE_UNKNOWN = 0x6C, /* 0x6C..0x6F: only later hosts send them */
	PF_CLOSE_NO_SEAT = 0x6D,
	PF_CLOSE_SEAT_OCCUPIED = 0x6E,
	PF_CLOSE_SEAT_UNAVAILABLE = 0x6F,
	PF_STREAM_CANCELLED = 0x70, /* of a stream, never of a connection */
};

bool pf_close_is_refusal(uint64_t code);
/* A short word such as "denied", for logs and for the API; NULL when the code is no refusal. */
const char *pf_refusal_word(uint64_t code);
/* The code of such a word; false for any other word. */
bool pf_refusal_parse(const char *word, enum pf_close_code *out);
/* What a host says when it has nothing better, at most 256 bytes; NULL when the code is no refusal. */
const char *pf_refusal_sentence(uint64_t code);
