// The life of a device: its drivers, its state, and the requests that move it from one state to the next. Every routine
// runs at PASSIVE_LEVEL and returns an NTSTATUS. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace p2p::pnp {

enum class NodeState : std::uint8_t { kEmpty, kStarted, kStopPending, kStopped, kRemovePending, kSurpriseRemoved };

struct DeviceNode {
  unsigned function = 0;
  PDEVICE_OBJECT pdo = nullptr;  // nullptr while no driver is on it
  NodeState state = NodeState::kEmpty;
  NodeState before_query = NodeState::kEmpty;             // where a cancelled removal goes back to
  std::vector<std::string> lower_filters, upper_filters;  // by driver, in the order they attach
};
/// Every function has one.
DeviceNode& node_of(unsigned function);
/// The node of a PDO; nullptr for any other device.
DeviceNode* node_of_pdo(PDEVICE_OBJECT pdo);
/// Functions with a device that is started, lowest first.
std::vector<unsigned> started_functions();

/// Sends a PnP request to the top of the stack and waits (R-IRP-58). `fill` sets parameters.
NTSTATUS send_pnp(PDEVICE_OBJECT pdo, UCHAR minor, const std::function<void(PIO_STACK_LOCATION)>& fill = {},
                  ULONG_PTR* information = nullptr);

/// Asks with a DEVICE_CAPABILITIES as it must be initialised; what the drivers say is of no interest here.
NTSTATUS query_capabilities(PDEVICE_OBJECT pdo);

/// AddDevice of the lower filters, of `driver` and of the upper filters, then START. A stack that does not start is
/// removed. STATUS_INVALID_DEVICE_STATE if the function has a stack already.
NTSTATUS start(unsigned function, const std::string& driver);

// R-PNP-7. STATUS_INVALID_DEVICE_STATE where the state does not allow it. A refused query is cancelled.
NTSTATUS query_stop(unsigned function);
NTSTATUS cancel_stop(unsigned function);
NTSTATUS stop(unsigned function);     ///< after a successful query_stop
NTSTATUS restart(unsigned function);  ///< after stop; one that fails removes the device as if by surprise
/// STATUS_DEVICE_BUSY if the drivers agree but files are open.
NTSTATUS query_remove(unsigned function);
NTSTATUS cancel_remove(unsigned function);
NTSTATUS remove(unsigned function);  ///< after a successful query_remove
/// SURPRISE_REMOVAL now; REMOVE at once if no file is open, else when the last one is closed (R-PNP-8). A device that
/// was pulled out answers nobody from then on: registers read all ones.
enum class Departure : std::uint8_t { kPulledOut, kFailed };
NTSTATUS surprise_remove(unsigned function, Departure departure);

}  // namespace p2p::pnp
