// A driver's long, and with it ULONG, has 4 bytes on Windows: LONG_MAX is LONG's.
#include_next <limits.h>
#ifdef P2P_DDK_DRIVER
#undef LONG_MIN
#undef LONG_MAX
#undef ULONG_MAX
#define LONG_MIN (-2147483647 - 1)
#define LONG_MAX 2147483647
#define ULONG_MAX 0xFFFFFFFFU
#endif
