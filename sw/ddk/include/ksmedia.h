// ksmedia.h uses the types of windef.h and, in one structure, TCHAR. What it lacks for cameras follows.
#ifndef P2P_DDK_KSMEDIA_H
#define P2P_DDK_KSMEDIA_H
#include <windef.h>
#ifndef P2P_DDK_USER
typedef WCHAR TCHAR;
#endif
#include_next <ksmedia.h>
#include <p2p_ksmedia_extras.h>
#endif
