#include "cli/cli.h"

#include <limits.h>
#include <stdio.h>

#include "cli/options.h"
#include "display/display.h"

int pf_cli_probe_compositor(int argc, char **argv)
{
	if (argc > 1) {
		bool help = pf_options_help_wanted(argc, argv);
		fprintf(help ? stdout : stderr, "usage: punktfunk-host probe-compositor\n"
						"Exit status: 0 once a virtual output can be made here; 1 "
						"with the reason why not.\n");
		return help ? 0 : 2;
	}
	char root[PATH_MAX];
	struct pf_reason reason = {0};
	struct pf_display *d = NULL;
	int rc = pf_display_runtime_root(root, sizeof(root));
	if (rc == PF_OK)
		rc = pf_display_create(&d, NULL,
			&(struct pf_display_params){
				.mode = {1280, 720, 60},
				.runtime_root = root,
				.client_label = "probe-compositor",
			},
			&reason);
	if (rc != PF_OK) {
		fprintf(stderr, "no virtual output can be made: %s\n",
			reason.text[0] ? reason.text : pf_strerror(rc));
		return 1;
	}
	printf("virtual outputs can be made (%s)\n", d->impl->name);
	pf_display_destroy(d);
	return 0;
}
