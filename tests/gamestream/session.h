/* What launch and RTSP settled about one stream. */
#pragma once

#include "options.h"

#include <netinet/in.h>

struct gsc_layout {
	int channels, streams, coupled;
	uint8_t mapping[8];
};

struct gsc_session {
	const struct gsc_options *options;
	struct in_addr host;
	uint8_t key[16];
	int32_t key_id;
	char url[128]; /* sessionUrl0 */
	uint16_t rtsp_port;
	bool sunshine; /* fourth version number below 0 */
	long launch_status;
	double launched_ms;
	/* RTSP */
	uint16_t audio_port, video_port, control_port;
	char audio_ping[17], video_ping[17]; /* empty: legacy pings */
	uint32_t connect_data;
	unsigned features, encryption_supported, encryption_requested;
	bool rfi;
	int packet_size; /* S */
	struct gsc_layout layout;
};

/* serverinfo, then launch or resume. False with a line on stderr. */
struct gsc_http;
bool gsc_launch(struct gsc_session *s, struct gsc_http *http);

/* OPTIONS to PLAY; between_steps is called after each step from SETUP audio on. False with a line on stderr. */
bool gsc_handshake(struct gsc_session *s, void (*between_steps)(void *ctx), void *ctx);
