#include "pad/kind.h"

#include <stddef.h>

const char *const pf_pad_kind_words[] = {"auto", "xbox360", "xboxone", "xboxelite", "dualsense",
	"dualsenseedge", "dualshock4", "switchpro", NULL};

static const enum pf_gamepad kinds[] = {PF_GAMEPAD_AUTO, PF_GAMEPAD_XBOX_360, PF_GAMEPAD_XBOX_ONE,
	PF_GAMEPAD_XBOX_ELITE, PF_GAMEPAD_DUALSENSE, PF_GAMEPAD_DUALSENSE_EDGE, PF_GAMEPAD_DUALSHOCK_4,
	PF_GAMEPAD_SWITCH_PRO};

enum pf_gamepad pf_pad_kind_of_word(unsigned index)
{
	return kinds[index];
}

enum pf_gamepad pf_pad_kind_nearest(enum pf_gamepad kind)
{
	switch (kind) {
	case PF_GAMEPAD_XBOX_360:
	case PF_GAMEPAD_XBOX_ONE:
	case PF_GAMEPAD_XBOX_ELITE:
	case PF_GAMEPAD_DUALSENSE:
	case PF_GAMEPAD_DUALSENSE_EDGE:
	case PF_GAMEPAD_DUALSHOCK_4:
	case PF_GAMEPAD_SWITCH_PRO:
		return kind;
	/* Paddles, a touch pad and motion: games know the Edge with all of them. */
	case PF_GAMEPAD_STEAM_DECK:
	case PF_GAMEPAD_STEAM_CONTROLLER:
	case PF_GAMEPAD_STEAM_CONTROLLER_2:
	case PF_GAMEPAD_STEAM_CONTROLLER_2_DONGLE:
		return PF_GAMEPAD_DUALSENSE_EDGE;
	case PF_GAMEPAD_JOYCON_PAIR:
	case PF_GAMEPAD_SWITCH_2_PRO:
	case PF_GAMEPAD_SWITCH_2_GAMECUBE:
		return PF_GAMEPAD_SWITCH_PRO;
	case PF_GAMEPAD_8BITDO_ULTIMATE_2:
	case PF_GAMEPAD_8BITDO_PRO_2:
	case PF_GAMEPAD_8BITDO_PRO_3:
	case PF_GAMEPAD_HORIPAD_STEAM:
		return PF_GAMEPAD_XBOX_ELITE; /* paddles */
	case PF_GAMEPAD_AUTO:
		break;
	}
	return PF_GAMEPAD_XBOX_360;
}

bool pf_pad_kind_has_motion(enum pf_gamepad kind)
{
	return kind == PF_GAMEPAD_DUALSENSE || kind == PF_GAMEPAD_DUALSENSE_EDGE ||
	       kind == PF_GAMEPAD_DUALSHOCK_4 || kind == PF_GAMEPAD_SWITCH_PRO;
}
