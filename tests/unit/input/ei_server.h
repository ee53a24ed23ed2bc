/* An EI server in a thread: a keyboard, a mouse, an absolute pointer on two regions and a touchscreen, and a journal of
 * what they were sent. */
#pragma once

#include <stdbool.h>

enum ei_server_manner {
	EI_SERVER_WILLING,
	EI_SERVER_REFUSES,
	EI_SERVER_MUTE,      /* never answers */
	EI_SERVER_UNDECIDED, /* greets, and does not let in */
	EI_SERVER_PAUSED,    /* its devices take nothing until they are resumed */
	EI_SERVER_NO_DEVICES /* lets clients in, and no more */
};
enum ei_server_order {
	EI_SERVER_RESUME,
	EI_SERVER_REMOVE_KEYBOARD,
	EI_SERVER_STALL, /* reads no more */
	EI_SERVER_DIE,
};

struct ei_server;
/* *client_fd belongs to the caller. */
struct ei_server *ei_server_start(enum ei_server_manner manner, int *client_fd);
/* At a socket. */
struct ei_server *ei_server_start_at(const char *path);
void ei_server_stop(struct ei_server *s);

/* Returns when it is done. */
void ei_server_order(struct ei_server *s, enum ei_server_order order);

/* Waits until the journal is that, fails the test if it does not become so, and begins it anew. A group of events is
 * a line. */
void ei_server_expect(struct ei_server *s, const char *journal);
