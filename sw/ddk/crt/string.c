// Strings of char in the driver's convention.
#include <stddef.h>

#define P2P_CHAR char
#define P2P_UCHAR unsigned char
#define P2P_CHAR_ARGUMENT int
#define P2P_NAME(x) str##x
#include "strings.inc"
