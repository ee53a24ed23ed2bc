/* The command line of punktfunk-probe (product 1.5). Parsed once, read-only afterwards. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "identity/identity.h"
#include "media/codec.h"
#include "media/mode.h"
#include "proto/native/caps.h"

#define PF_PROBE_STEPS_MAX 16 /* of --remode and of --rebitrate */
#define PF_PROBE_NAME_MAX  64

struct pf_probe_remode {
	struct pf_mode mode;
	unsigned at_s; /* after the first frame */
};

struct pf_probe_rebitrate {
	uint32_t kbps;
	unsigned at_s;
};

struct pf_probe_options {
	char host[256];
	uint16_t port;
	struct pf_mode mode;
	const char *out;       /* NULL: no dump */
	uint32_t bitrate_kbps; /* 0 = the host's default */
	enum pf_codec codec;   /* PF_CODEC_NONE = any */
	unsigned seconds;      /* cap of the run */
	bool quit;             /* close with the deliberate-quit code */
	bool pinned;           /* pin is set */
	struct pf_fingerprint pin;
	bool remembered;     /* the pin is what the host showed before */
	unsigned discover_s; /* look for hosts for so long; 0 = no */
	bool pair;           /* with the PIN on standard input; nothing else is done */
	bool forget;         /* what the host showed before */
	char name[PF_PROBE_NAME_MAX + 1];
	struct pf_probe_remode remode[PF_PROBE_STEPS_MAX];
	unsigned remodes;
	struct pf_probe_rebitrate rebitrate[PF_PROBE_STEPS_MAX];
	unsigned rebitrates;
	uint32_t speed_kbps, speed_ms; /* 0: no speed test */
	bool clock_resync;
	const char *snapshot; /* NULL: none */
	bool decode;          /* also without a snapshot: count what the decoder complains about */
	bool input_test, touch_test, rich_input_test;
	bool av_sync;                         /* decodes */
	bool mic_test, mic_burst, mic_stereo; /* each of them asks for a microphone */
	uint32_t mic_drop_percent;            /* so does this one; 0 = none are dropped */
	const char *input_script;             /* NULL: none */
	const char *feedback;                 /* NULL: rumble and HID output are only counted */
	unsigned audio_channels;              /* 2, 6, 8 */
	enum pf_audio_layout audio_layout;
	uint32_t audio_rate_hz; /* of PCM; 0 = Opus */
	unsigned audio_bits;    /* of PCM: 16 or 24 */
	const char *audio_out;  /* NULL: sound is only counted */
	bool no_audio_red, keep_host_audio;
	bool json;
	bool verify; /* the synthetic source's bytes */
	bool anonymous;
	bool help, version;
};

/* Strings of argv are kept, not copied. Errors: PF_ERR_INVALID; the reason names the option and what it
 * takes. */
int pf_probe_options_parse(struct pf_probe_options *o, int argc, char **argv, struct pf_reason *reason);
bool pf_probe_has_microphone(const struct pf_probe_options *o);
/* The input script comes from standard input while the session runs. */
bool pf_probe_script_is_live(const struct pf_probe_options *o);
const char *pf_probe_usage(void);
