// mingw-w64's wdm.h defines two of intrin.h's functions again, which C++ refuses.
#ifndef P2P_CROSS_INTRIN_H
#define P2P_CROSS_INTRIN_H
#define InterlockedBitTestAndSet p2p_hidden_InterlockedBitTestAndSet
#define InterlockedBitTestAndReset p2p_hidden_InterlockedBitTestAndReset
#include_next <intrin.h>
#undef InterlockedBitTestAndSet
#undef InterlockedBitTestAndReset
#endif
