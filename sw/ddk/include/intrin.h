// Intrinsics: mingw-w64's own intrin.h collides with GCC's headers for Linux, its implementation file does not.
#ifndef P2P_DDK_INTRIN_H
#define P2P_DDK_INTRIN_H
#define InterlockedBitTestAndSet p2p_hidden_InterlockedBitTestAndSet
#define InterlockedBitTestAndReset p2p_hidden_InterlockedBitTestAndReset
#include <psdk_inc/intrin-impl.h>
#undef InterlockedBitTestAndSet
#undef InterlockedBitTestAndReset

#ifndef __umulh
static inline unsigned __int64 p2p_umulh(unsigned __int64 a, unsigned __int64 b) {
  return (unsigned __int64)(((unsigned __int128)a * b) >> 64);
}
#define __umulh p2p_umulh
#endif
#endif
