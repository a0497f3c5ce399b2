// Strings of 2-byte wchar_t in the driver's convention.
#include <stddef.h>

#define P2P_CHAR wchar_t
#define P2P_UCHAR unsigned short
#define P2P_CHAR_ARGUMENT wchar_t
#define P2P_NAME(x) wcs##x
#include "strings.inc"
