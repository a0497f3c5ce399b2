// ksmedia.h uses the types of windef.h and, in one structure, TCHAR. What it lacks for cameras follows.
#ifndef P2P_CROSS_KSMEDIA_H
#define P2P_CROSS_KSMEDIA_H
#include <windef.h>
typedef WCHAR TCHAR;
#include_next <ksmedia.h>
#include <p2p_ksmedia_extras.h>
#endif
