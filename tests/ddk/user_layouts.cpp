// User-mode units: the headers of ksproxy.
#include <string>
#include <vector>

#include <windows.h>
#include <ole2.h>
#include <strmif.h>
#define TIMECODE_DEFINED
#include <ks.h>
#include <ksmedia.h>
#include <ksproxy.h>

static_assert(sizeof(KSSTREAM_HEADER) == 56);
static_assert(sizeof(OVERLAPPED) == 32);
struct Probe : IKsInterfaceHandler {};
