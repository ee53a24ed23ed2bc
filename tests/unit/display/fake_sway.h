#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A sway that takes one connection, reads the command and says what it was told to say. */
struct fake_sway {
	const char *reply;
	const char *magic;    /* NULL = the right one */
	uint32_t claimed_len; /* 0 = the truth */
	bool silent;
	int listener;
	char directory[64], path[80];
	char command[256];
	pthread_t thread;
};

/* Listens at f->path. The first four fields are the caller's. */
void fake_sway_start(struct fake_sway *f);
/* Waits until the connection was served. */
void fake_sway_stop(struct fake_sway *f);
