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
p2p_edit(wdm "exports without a convention"
  "\n(ExQueryDepthSList|ExpInterlocked(Flush|PopEntry|PushEntry)SList|Ke(Register|Deregister)ProcessorChangeCallback)\\("
  "\nNTAPI \\1(")
p2p_edit(wdm "vDbgPrintEx's list" "IN va_list ap" "IN P2P_VA_LIST ap")
# The documentation's type; an enumeration would reject `NormalPagePriority | MdlMappingNoExecute` in C++.
p2p_edit(wdm "MmMapLockedPagesSpecifyCache" "IN MM_PAGE_PRIORITY Priority" "IN ULONG Priority")
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

# --- ntddk.h ---------------------------------------------------------------------------------------------------------
p2p_read(ntddk ${FROM}/ddk/ntddk.h)
p2p_edit(ntddk "KeGetPcr" "FORCEINLINE${s}PKPCR${s}KeGetPcr\\(VOID\\)${s}${body}" "")
p2p_edit(ntddk "KeGetCurrentProcessorNumber" "FORCEINLINE${s}ULONG${s}KeGetCurrentProcessorNumber\\(VOID\\)${s}${body}"
  "NTKERNELAPI ULONG NTAPI KeGetCurrentProcessorNumber(VOID)@P2P_SEMI@")
p2p_write(${TO}/ntddk.h "${ntddk}")

# --- ks.h: callback types take the kernel's calling convention ----------------------------------------------------------
p2p_read(ks ${FROM}/ks.h)
p2p_edit(ks "callback types" "typedef ([A-Za-z]+) \\(\\*PFN" "typedef \\1 (NTAPI *PFN")
# What Windows 8.1's ks.h has for cameras and mingw-w64's has not.
string(APPEND ks "\n#include <p2p_ks_extras.h>\n")
p2p_write(${TO}/ks.h "${ks}")

# --- ksmedia.h: KS_FRAME_INFO as Windows 8 and later name its end --------------------------------------------------------
p2p_read(ksmedia ${FROM}/ksmedia.h)
p2p_edit(ksmedia "end of KS_FRAME_INFO" "DWORD Reserved1@P2P_SEMI@${s}DWORD Reserved2@P2P_SEMI@${s}DWORD Reserved3@P2P_SEMI@${s}DWORD Reserved4@P2P_SEMI@${s}} KS_FRAME_INFO,"
  "union { LONG lSurfacePitch@P2P_SEMI@ DWORD Reserved1@P2P_SEMI@ }@P2P_SEMI@
  DWORD Reserved2@P2P_SEMI@
  union { struct { DWORD Reserved3@P2P_SEMI@ DWORD Reserved4@P2P_SEMI@ }@P2P_SEMI@ ULONGLONG FrameCompletionNumber@P2P_SEMI@ }@P2P_SEMI@
} KS_FRAME_INFO,")
p2p_write(${TO}/ksmedia.h "${ksmedia}")

# --- ntstrsafe.h: Microsoft's linker takes one of the equal inline functions of a driver's C files; without optimisation,
# too, there is no library that has them ---------------------------------------------------------------------------------
p2p_read(ntstrsafe ${FROM}/ddk/ntstrsafe.h)
p2p_edit(ntstrsafe "inline functions" "_STRSAFE_EXTERN_C __inline NTSTATUS" "static __inline __attribute__((unused)) NTSTATUS")
p2p_edit(ntstrsafe "functions without optimisation" "#if defined.__CRT__NO_INLINE. && !defined.__CRT_STRSAFE_IMPL." "#if 0")
p2p_edit(ntstrsafe "inline functions' prefix" "#if !defined.__CRT__NO_INLINE. && !defined.__CRT_STRSAFE_IMPL." "#if 1")
p2p_write(${TO}/ntstrsafe.h "${ntstrsafe}")

# --- wrappers: "this is Windows" holds while one of these is being read, see p2p_windows_begin.h ---------------------------
foreach(header wdm ntddk ntifs ntdef ntstatus ntstrsafe initguid guiddef basetsd windef winnt winerror windows objbase ole2
    unknwn unknown kcom mmreg objidl oaidl ks ksmedia ksproxy strmif dshow uuids bdatypes bdamedia)
  file(WRITE ${TO}/wrap/${header}.h.new "// Generated by sw/ddk/generate.cmake.
#if defined(_WIN32)
#include_next <${header}.h>
#else
#include <p2p_windows_begin.h>
#include_next <${header}.h>
#include <p2p_windows_end.h>
#endif
")
  file(COPY_FILE ${TO}/wrap/${header}.h.new ${TO}/wrap/${header}.h ONLY_IF_DIFFERENT)
  file(REMOVE ${TO}/wrap/${header}.h.new)
endforeach()

# --- GUIDs: what ksguid.lib holds --------------------------------------------------------------------------------------
# Every DEFINE_GUIDSTRUCT("value",name) of ks.h, ksmedia.h and our additions becomes a definition.
set(h "[0-9A-Fa-f]")
set(h2 "(${h}${h})")
set(h4 "(${h}${h}${h}${h})")
set(guids "")
foreach(header ${FROM}/ks.h ${FROM}/ksmedia.h ${CMAKE_CURRENT_LIST_DIR}/extras/p2p_camera_guids.h)
  file(STRINGS ${header} lines REGEX "^DEFINE_GUIDSTRUCT\\(")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^DEFINE_GUIDSTRUCT\\(\"(${h}+)-${h4}-${h4}-${h2}${h2}-(${h}+)\",[ \t]*([A-Za-z0-9_]+)")
      message(FATAL_ERROR "sw/ddk: '${line}' in ${header} is not a GUID as expected; adapt sw/ddk/generate.cmake")
    endif()
    set(value "0x${CMAKE_MATCH_1}, 0x${CMAKE_MATCH_2}, 0x${CMAKE_MATCH_3}, {0x${CMAKE_MATCH_4}, 0x${CMAKE_MATCH_5}")
    set(name ${CMAKE_MATCH_7})
    string(REGEX REPLACE "(${h}${h})" ", 0x\\1" node "${CMAKE_MATCH_6}")
    list(APPEND guids "P2P_GUID(${name}, ${value}${node}})")
  endforeach()
endforeach()
list(REMOVE_DUPLICATES guids)
list(LENGTH guids count)
if(count LESS 300)
  message(FATAL_ERROR "sw/ddk: only ${count} GUIDs found in ${FROM}/ks.h and ksmedia.h; adapt sw/ddk/generate.cmake")
endif()
list(JOIN guids "\n" guids)
file(WRITE ${TO}/ksguid_list.h.new "${guids}\n")
file(COPY_FILE ${TO}/ksguid_list.h.new ${TO}/ksguid_list.h ONLY_IF_DIFFERENT)
file(REMOVE ${TO}/ksguid_list.h.new)
