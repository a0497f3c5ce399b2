// The user-mode Windows headers of this folder, in the one order in which they compile. Include standard headers first.
#pragma once

#define WIN32_NO_STATUS
// ks.sys and ksuser.dll both export a KsCreatePin; one process holds both here, so the user-mode one gets its own
// symbol.
#define KsCreatePin KsUserCreatePin
#include <windows.h>
#include <winioctl.h>
#undef WIN32_NO_STATUS
typedef LONG NTSTATUS;  // winternl.h and the kernel's headers have it, windows.h does not
#include <ntstatus.h>
#include <ole2.h>
#include <strmif.h>
#define TIMECODE_DEFINED
#include <ks.h>
#include <ksmedia.h>
#include <ksproxy.h>
#include <evcode.h>
#include <vfwmsgs.h>
// windows.h takes ordinary words.
#undef interface
#undef small
#undef near
#undef far

// Newer than the package's ks.h (R-HDR-3).
#ifndef KSSTREAM_HEADER_OPTIONSF_METADATA
#define KSSTREAM_HEADER_OPTIONSF_METADATA 0x00001000
#endif
