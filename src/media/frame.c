#include "media/frame.h"

void pf_frame_join_damage(struct pf_frame *newer, const struct pf_frame *older)
{
	if (newer->full_damage)
		return;
	if (older->full_damage || newer->damage_count + older->damage_count > PF_FRAME_DAMAGE_MAX) {
		newer->full_damage = true;
		newer->damage_count = 0;
		return;
	}
	for (unsigned i = 0; i < older->damage_count; i++)
		newer->damage[newer->damage_count++] = older->damage[i];
}
