/* Clipboard messages of variable length and the head of a fetch stream (native-control 4.8). Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/slice.h"
#include "base/writer.h"

#define PF_CLIP_FORMATS_MAX    16
#define PF_CLIP_MIME_MAX       128
#define PF_CLIP_NO_FILE        0xFFFFFFFFu
#define PF_CLIP_TRANSFER_MAX   (64u << 20)
#define PF_CLIP_HEAD_BYTES     5 /* "PKFs" and the kind byte, not framed */
#define PF_CLIP_KIND_FETCH     1
#define PF_CLIP_FILE_LIST_MIME "application/x-punktfunk-files"

enum { PF_CLIP_POLICY_TEXT = 0x01, PF_CLIP_POLICY_FILES = 0x02 };
enum { PF_CLIP_WANT_FILES = 0x01 }; /* ClipControl.flags */
enum pf_clip_reason {
	PF_CLIP_REASON_OK = 0,
	PF_CLIP_REASON_NO_BACKEND = 1,
	PF_CLIP_REASON_TAKEN_OVER = 2,
	PF_CLIP_REASON_POLICY = 3,
	PF_CLIP_REASON_NO_FILES = 4,
	PF_CLIP_REASON_NOT_PERMITTED = 5,
};
enum pf_clip_status {
	PF_CLIP_OK = 0,
	PF_CLIP_STALE = 1,
	PF_CLIP_UNAVAILABLE = 2,
	PF_CLIP_DENIED = 3,
};

struct pf_clip_format {
	struct pf_slice mime; /* UTF-8 without NUL, up to PF_CLIP_MIME_MAX bytes */
	uint64_t size_hint;   /* 0 unknown */
};

struct pf_clip_offer {
	uint32_t seq;
	unsigned count; /* 0 = selection cleared */
	struct pf_clip_format format[PF_CLIP_FORMATS_MAX];
};

struct pf_clip_fetch {
	uint32_t seq;
	uint32_t file_index; /* PF_CLIP_NO_FILE = not a file */
	struct pf_slice mime;
};

/* Behind the type byte. The reader has failed when the bytes end early; false when they cannot be right. */
bool pf_clip_offer_read(struct pf_clip_offer *out, struct pf_rd *r);
void pf_clip_offer_write(struct pf_wr *w, const struct pf_clip_offer *offer);
bool pf_clip_fetch_read(struct pf_clip_fetch *out, struct pf_rd *r);
void pf_clip_fetch_write(struct pf_wr *w, const struct pf_clip_fetch *fetch);

/* The first PF_CLIP_HEAD_BYTES bytes of a clipboard stream; false: not one (reset it with 0x70). */
bool pf_clip_head_read(const uint8_t head[PF_CLIP_HEAD_BYTES], uint8_t *kind);
void pf_clip_head_write(struct pf_wr *w, uint8_t kind);
