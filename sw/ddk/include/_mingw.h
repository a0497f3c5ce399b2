// mingw-w64's _mingw.h empties the convention words on Win64; here they carry the border's calling convention.
#ifndef P2P_DDK_MINGW_H
#define P2P_DDK_MINGW_H
#include_next <_mingw.h>
#undef __stdcall
#define __stdcall P2P_NTAPI
#undef __cdecl
#define __cdecl P2P_NTAPI
#undef __fastcall
#define __fastcall P2P_NTAPI
#endif
