// Included before everything else (-include) by every unit that sees Windows headers natively: says "this is Windows x64"
// and maps Microsoft's decorations to GCC's. P2P_NTAPI is the calling convention at the driver's border.
#ifndef P2P_DDK_PREFIX_H
#define P2P_DDK_PREFIX_H

#define _WIN32 1
#define _WIN64 1
#define WIN32 1
#define _AMD64_ 1
#define _M_AMD64 100
#define _M_X64 100
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifndef NTDDI_VERSION
#define NTDDI_VERSION 0x0A000000
#endif

// LLP64 types on an LP64 compiler: __int64 is long, so that SIZE_T is size_t; LONG stays 4 bytes through __LONG32.
#define _INT128_DEFINED
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long

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

// Source annotations that mingw-w64's sal.h lacks; they say nothing to this compiler.
#define _Dispatch_type_(x)
#define _Function_class_(x)
#define _IRQL_requires_(x)
#define _IRQL_requires_max_(x)
#define _IRQL_requires_min_(x)
#define _IRQL_requires_same_
#define _IRQL_raises_(x)
#define _IRQL_saves_
#define _IRQL_restores_
#define _IRQL_saves_global_(x, y)
#define _IRQL_restores_global_(x, y)
#define _Kernel_float_used_
#define _Requires_lock_held_(x)
#define _Requires_lock_not_held_(x)
#define _Acquires_lock_(x)
#define _Releases_lock_(x)
#define _Must_inspect_result_
#define _Use_decl_annotations_
#define _Analysis_assume_(x)
#define __drv_aliasesMem
#define __drv_allocatesMem(x)
#define __drv_freesMem(x)
#define __drv_maxIRQL(x)
#define __drv_sameIRQL

#endif
