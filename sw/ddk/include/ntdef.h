// ntdef.h gives FASTCALL a meaning on x86 only; on x64 it is the one convention there is.
#ifndef P2P_DDK_NTDEF_H
#define P2P_DDK_NTDEF_H
#include_next <ntdef.h>
#undef FASTCALL
#define FASTCALL P2P_NTAPI
#ifdef P2P_DDK_DRIVER
#include <p2p_driver_crt.h>
#endif
#endif
