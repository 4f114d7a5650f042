/** version.c  What was compiled. */
#include "switchroom.h"

const char *switchroom_version(void)
{
	return SWITCHROOM_VERSION;
}
