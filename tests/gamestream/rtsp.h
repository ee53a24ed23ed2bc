/* One RTSP request per connection, plain or sealed (spec 3.1, 3.2). */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct gsc_rtsp {
	struct sockaddr_in addr;
	bool sealed;
	uint8_t key[16];
	uint32_t seq, host_seq; /* last ones used */
	int cseq;
	char host_header[64];
};

struct gsc_rtsp_reply {
	int status;
	char *text; /* head, cut into strings */
	char *names[32], *values[32];
	int headers;
	char *body;
};

/* line = method and target; extra = more header lines, each with its CRLF. False with why filled. */
bool gsc_rtsp_ask(struct gsc_rtsp *r, const char *line, const char *extra, const char *body,
	struct gsc_rtsp_reply *reply, char why[256]);
void gsc_rtsp_reply_free(struct gsc_rtsp_reply *reply);
/* Case-sensitive, as the clients compare; NULL when absent. */
const char *gsc_rtsp_header(const struct gsc_rtsp_reply *reply, const char *name);
/* Sealing alone; wire holds len + 24 bytes. open: plaintext length, -1 when it is no sealed message. */
void gsc_rtsp_seal(
	const uint8_t key[16], char side, uint32_t seq, const char *text, size_t len, uint8_t *wire);
long gsc_rtsp_open(
	const uint8_t key[16], char side, const uint8_t *wire, size_t len, char *text, uint32_t *seq);
