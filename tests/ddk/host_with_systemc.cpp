// SystemC beside DDK headers, in either order.
#include <wdm.h>

#include <systemc>

#include <ntddk.h>

static_assert(sizeof(sc_core::sc_time) == 8);
