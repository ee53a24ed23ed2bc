/* The JSON object at the end of a stream. */
#pragma once

#include "audio.h"
#include "control.h"
#include "video.h"

void gsc_report_print(const struct gsc_session *s, const struct gsc_video *v, const struct gsc_audio *a,
	const struct gsc_control *c);
