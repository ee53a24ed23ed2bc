/*
 * A host's default devices without the rest of it: defaults-holder DIRECTORY. Restores what is owed, says "ready", and does
 * what each line of stdin says, answering with one line:
 *     claim sink|source NODE    release NUMBER (of the claim, from 0)    previous sink|source    quit
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/defaults.h"

#define CLAIMS 16

static struct pf_audio_claim *claims[CLAIMS];
static unsigned count;

static enum pf_audio_default which_of(const char *word)
{
	return strcmp(word, "sink") ? PF_AUDIO_DEFAULT_SOURCE : PF_AUDIO_DEFAULT_SINK;
}

static void obey(struct pf_audio_defaults *d, const char *verb, const char *first, const char *second)
{
	char name[256] = "";
	unsigned long number = strtoul(first, NULL, 10);
	int rc = PF_ERR_INVALID;
	if (!strcmp(verb, "claim") && count < CLAIMS) {
		rc = pf_audio_defaults_claim(d, &claims[count], which_of(first), second);
		count += rc == PF_OK;
	} else if (!strcmp(verb, "release") && number < count && claims[number]) {
		pf_audio_defaults_release(d, claims[number]);
		claims[number] = NULL;
		rc = PF_OK;
	} else if (!strcmp(verb, "previous")) {
		pf_audio_defaults_previous(d, which_of(first), name, sizeof(name));
		rc = PF_OK;
	}
	printf("%s %s\n", pf_strerror(rc), name);
}

int main(int argc, char **argv)
{
	struct pf_audio_defaults *d;
	struct pf_reason reason = {0};
	char line[256], verb[16], first[16], second[128];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || pf_audio_defaults_create(&d, argv[1], NULL, 2000, &reason) < 0) {
		fprintf(stderr, "%s\n", reason.text);
		return 1;
	}
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin)) {
		verb[0] = first[0] = second[0] = 0;
		sscanf(line, "%15s %15s %127s", verb, first, second);
		if (!strcmp(verb, "quit"))
			break;
		obey(d, verb, first, second);
	}
	pf_audio_defaults_destroy(d);
	return 0;
}
