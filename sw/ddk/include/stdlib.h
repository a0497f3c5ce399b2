// Microsoft's stdlib.h brings limits.h and _countof.
#include_next <stdlib.h>
#ifdef P2P_DDK_DRIVER
#include <limits.h>
#ifndef _countof
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif
#endif
