/* Notes cheats as they come: "set index enabled code" and "reset". */
#define CORE_NAME "cheats"
#define OWN_retro_cheat_set
#define OWN_retro_cheat_reset
#include "core.h"

void retro_cheat_set(unsigned index, bool enabled, const char *code)
{
    note("set %u %d %s", index, enabled, text_or_null(code));
}

void retro_cheat_reset(void)
{
    note("reset");
}
