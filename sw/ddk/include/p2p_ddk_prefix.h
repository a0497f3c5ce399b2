// Included before everything else (-include) by every unit that sees Windows headers natively: says "this is Windows
// x64" and maps Microsoft's decorations to GCC's. P2P_NTAPI is the calling convention at the driver's border.
#ifndef P2P_DDK_PREFIX_H
#define P2P_DDK_PREFIX_H

#ifdef P2P_DDK_DRIVER
#include <p2p_windows_begin.h>
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifndef NTDDI_VERSION
#define NTDDI_VERSION 0x0A000000
#endif

// The variable-argument list of the border. A host export takes P2P_VA_LIST, or `...` with P2P_VA_START on one of
// these.
#if defined(P2P_ABI_MS) && !defined(P2P_DDK_DRIVER)
#define P2P_VA_LIST __builtin_ms_va_list
#define P2P_VA_START(list, last) __builtin_ms_va_start(list, last)
#define P2P_VA_END(list) __builtin_ms_va_end(list)
#define P2P_VA_COPY(to, from) __builtin_ms_va_copy(to, from)
#else
#define P2P_VA_LIST __builtin_va_list
#define P2P_VA_START(list, last) __builtin_va_start(list, last)
#define P2P_VA_END(list) __builtin_va_end(list)
#define P2P_VA_COPY(to, from) __builtin_va_copy(to, from)
#endif

// LLP64 types on an LP64 compiler: __int64 is long, so that SIZE_T is size_t; LONG stays 4 bytes through __LONG32.
#define _INT128_DEFINED
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long

// mingw-w64 would define wint_t and wctype_t; the C library's headers, which may come later, insist on their own.
#define __need_wint_t
#include <stddef.h>

#define __forceinline inline __attribute__((always_inline))
#define __cdecl P2P_NTAPI
#define __stdcall P2P_NTAPI
#define __fastcall P2P_NTAPI
#define __thiscall
#define _cdecl P2P_NTAPI
#define _stdcall P2P_NTAPI
#define _fastcall P2P_NTAPI

#define P2P_DECLSPEC_align(x) __attribute__((aligned(x)))
#define P2P_DECLSPEC_noreturn __attribute__((noreturn))
#define P2P_DECLSPEC_selectany __attribute__((weak))
#define P2P_DECLSPEC_noinline __attribute__((noinline))
#define P2P_DECLSPEC_dllimport
#define P2P_DECLSPEC_dllexport
#define P2P_DECLSPEC_nothrow
#define P2P_DECLSPEC_deprecated
#define P2P_DECLSPEC_novtable
#define P2P_DECLSPEC_restrict
#define P2P_DECLSPEC_allocator
#define P2P_DECLSPEC_uuid(x)
#define P2P_DECLSPEC_code_seg(x)
#define P2P_DECLSPEC_allocate(x)
#define __declspec(x) P2P_DECLSPEC_##x

#include <p2p_sal_extras.h>
#ifdef P2P_DDK_DRIVER
#include <p2p_seh.h>
// What drivers in C may write instead.
#ifndef __cplusplus
#define try __try
#define except __except
#define finally __finally
#define leave __leave
#endif
// Text for the debugger's symbols.
#define __annotation(...) ((void)0)
#endif

#endif
