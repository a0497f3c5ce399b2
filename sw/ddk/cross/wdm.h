// mingw-w64's wdm.h and what Windows 10's has beyond it, for the cross compiler.
#ifndef P2P_CROSS_WDM_H
#define P2P_CROSS_WDM_H
#include_next <wdm.h>
#include <p2p_wdm_extras.h>
#endif
