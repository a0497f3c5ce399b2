# Derives, from the installed mingw-w64 headers, the few headers that must differ to compile natively. Run at configure
# time: cmake -DFROM=/usr/share/mingw-w64/include -DTO=<build>/ddk-include -P generate.cmake
# Each edit states what it replaces; an edit that finds nothing stops the configuration, so that a new package cannot
# silently change what drivers see.

function(p2p_edit variable what pattern replacement)
  string(REGEX REPLACE "${pattern}" "${replacement}" edited "${${variable}}")
  if(edited STREQUAL "${${variable}}")
    message(FATAL_ERROR "sw/ddk: '${what}' is not where it was in ${FROM}; adapt sw/ddk/generate.cmake to this mingw-w64 version")
  endif()
  set(${variable} "${edited}" PARENT_SCOPE)
endfunction()

# CMake lists treat [ ] ; specially; hide them while editing.
function(p2p_read variable file)
  file(READ ${file} text)
  string(REPLACE "[" "@P2P_OPEN@" text "${text}")
  string(REPLACE "]" "@P2P_CLOSE@" text "${text}")
  string(REPLACE ";" "@P2P_SEMI@" text "${text}")
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()
function(p2p_write file text)
  string(REPLACE "@P2P_OPEN@" "[" text "${text}")
  string(REPLACE "@P2P_CLOSE@" "]" text "${text}")
  string(REPLACE "@P2P_SEMI@" ";" text "${text}")
  file(WRITE ${file}.new "${text}")
  file(COPY_FILE ${file}.new ${file} ONLY_IF_DIFFERENT)
  file(REMOVE ${file}.new)
endfunction()

set(body "{[^}]*}")
set(s "[ \n]+")

# --- wdm.h -----------------------------------------------------------------------------------------------------------
p2p_read(wdm ${FROM}/ddk/wdm.h)
# Inlines that touch CR8, GS or the shared user page become kernel exports.
p2p_edit(wdm "KeGetCurrentIrql" "FORCEINLINE${s}KIRQL${s}KeGetCurrentIrql\\(VOID\\)${s}${body}"
  "NTKERNELAPI KIRQL NTAPI KeGetCurrentIrql(VOID)@P2P_SEMI@")
p2p_edit(wdm "KeLowerIrql" "FORCEINLINE${s}VOID${s}KeLowerIrql\\(IN KIRQL NewIrql\\)${s}${body}"
  "NTKERNELAPI VOID NTAPI KeLowerIrql(IN KIRQL NewIrql)@P2P_SEMI@")
p2p_edit(wdm "KfRaiseIrql" "FORCEINLINE${s}KIRQL${s}KfRaiseIrql\\(IN KIRQL NewIrql\\)${s}${body}"
  "NTKERNELAPI KIRQL NTAPI KfRaiseIrql(IN KIRQL NewIrql)@P2P_SEMI@")
p2p_edit(wdm "KeRaiseIrqlToDpcLevel" "FORCEINLINE${s}KIRQL${s}KeRaiseIrqlToDpcLevel\\(VOID\\)${s}${body}"
  "NTKERNELAPI KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID)@P2P_SEMI@")
p2p_edit(wdm "KeGetCurrentThread" "FORCEINLINE${s}PKTHREAD${s}KeGetCurrentThread\\(VOID\\)${s}${body}"
  "NTKERNELAPI PKTHREAD NTAPI KeGetCurrentThread(VOID)@P2P_SEMI@")
p2p_edit(wdm "KeQueryInterruptTime macro"
  "#define KeQueryInterruptTime\\(\\) [^\n]*\n[^\n]*SharedInterruptTime\\)\n" "")
p2p_edit(wdm "KeQuerySystemTime macro" "#define KeQuerySystemTime\\(CurrentCount\\) [^\n]*\n[^\n]*SharedSystemTime\n" "")
p2p_edit(wdm "KeQueryTickCount macro" "#define KeQueryTickCount\\(CurrentCount\\) [^\n]*\n[^\n]*SharedTickCount\n"
  "NTKERNELAPI VOID NTAPI KeQueryTickCount(OUT PLARGE_INTEGER CurrentCount)@P2P_SEMI@\n")
# Register, port and time functions are exports on every architecture here.
p2p_edit(wdm "the x64 register and time inlines" "#if !defined\\(_M_AMD64\\)" "#if 1")
p2p_edit(wdm "READ/WRITE_REGISTER parameters"
  "(READ|WRITE)_REGISTER_(UCHAR|USHORT|ULONG)\\(\n  IN P(UCHAR|USHORT|ULONG) Register"
  "\\1_REGISTER_\\2(\n  IN volatile \\3 *Register")
# 16-byte alignment as on Windows: 336 bytes.
p2p_edit(wdm "struct _DEVICE_OBJECT" "typedef struct _DEVICE_OBJECT {" "typedef struct DECLSPEC_ALIGN(16) _DEVICE_OBJECT {")
# What Windows 10's wdm.h has and mingw-w64's has not.
string(APPEND wdm "\n#include <p2p_wdm_extras.h>\n")
p2p_write(${TO}/wdm.h "${wdm}")

# --- ks.h: callback types take the kernel's calling convention ----------------------------------------------------------
p2p_read(ks ${FROM}/ks.h)
p2p_edit(ks "callback types" "typedef ([A-Za-z]+) \\(\\*PFN" "typedef \\1 (NTAPI *PFN")
p2p_write(${TO}/ks.h "${ks}")
