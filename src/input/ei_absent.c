/* Builds without libei. */
#include <unistd.h>

#include "input/input.h"

static int absent(struct pf_reason *reason)
{
	return pf_reason(reason, PF_ERR_UNSUPPORTED,
		"this build has no libei, without which GNOME and gamescope take no input: install libei-dev "
		"(Debian 13 or later) and build anew");
}

int pf_input_ei_create_fd(struct pf_input **out, int fd, struct pf_reason *reason)
{
	close(fd);
	return absent(reason);
}

int pf_input_ei_create_socket(struct pf_input **out, const char *path, struct pf_reason *reason)
{
	return absent(reason);
}

int pf_input_ei_aim(struct pf_input *in, const char *mapping_id)
{
	return PF_ERR_UNSUPPORTED;
}
