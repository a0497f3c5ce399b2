// Kernel host units: DDK headers beside the C++ library.
#include <functional>
#include <string>
#include <vector>

#include <ntifs.h>
#include <ks.h>
#include <ksmedia.h>

#include "tests/ddk/layouts.h"

// A unit that defines exports and calls callbacks compiles without a cast.
extern "C" NTSTATUS NTAPI p2p_probe_export(PFNKSPIN callback, PKSPIN pin) { return callback(pin); }
