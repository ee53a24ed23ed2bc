/*
 * Stands in for a fuzz engine: runs a harness over its corpus, each input also cut at every length and with
 * every bit flipped one at a time, from exact-size heap blocks so that a sanitizer sees one byte too far.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_exact(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_variants(uint8_t *data, size_t size)
{
	run_exact(data, size);
	size_t reach = size < 2048 ? size : 2048;
	for (size_t len = 0; len < reach; len++)
		run_exact(data, len);
	for (size_t bit = 0; bit < reach * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		run_exact(data, size);
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return -1;
	static uint8_t data[1 << 20];
	size_t size = fread(data, 1, sizeof(data), f);
	fclose(f);
	run_variants(data, size);
	return 0;
}

int main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int count = argc > 1 ? scandir(argv[1], &entries, NULL, alphasort) : -1;
	int number = 0;
	for (int i = 0; i < count; i++) {
		char path[1024];
		if (entries[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
			printf("%s %d - %s\n", run_file(path) == 0 ? "ok" : "not ok", ++number,
				entries[i]->d_name);
		}
		free(entries[i]);
	}
	free(entries);
	printf("1..%d\n", number);
	return number > 0 ? 0 : 1;
}
