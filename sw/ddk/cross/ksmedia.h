// ksmedia.h uses the types of windef.h and, in one structure, TCHAR.
#ifndef P2P_CROSS_KSMEDIA_H
#define P2P_CROSS_KSMEDIA_H
#include <windef.h>
typedef WCHAR TCHAR;
#include_next <ksmedia.h>
#endif
