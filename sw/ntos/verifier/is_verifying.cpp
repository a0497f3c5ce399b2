// What a driver learns of the Verifier.
#include "sw/ntos/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ntos/ex/module.h"

using namespace p2p;

extern "C" {

LOGICAL NTAPI MmIsDriverVerifying(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);  // all drivers are, or none
  return ntos::verifier_enabled();
}

// FALSE for an address in no driver.
LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID AddressWithinSection) {
  return ntos::verifier_enabled() && ex::module_of(AddressWithinSection) != nullptr;
}

}  // extern "C"
