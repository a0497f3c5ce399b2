// Included first (-include) when a driver is cross-compiled: the annotations mingw-w64's sal.h lacks.
#ifndef P2P_CROSS_PREFIX_H
#define P2P_CROSS_PREFIX_H
#include <p2p_sal_extras.h>
#endif
