/* Nothing but the plain entry points. */
#include "core.h"
