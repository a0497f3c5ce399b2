#include "tb/events/event_words.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "tb/events/irp_major.h"
#include "tb/events/ks_state.h"
#include "tb/numbers.h"

namespace p2p::tb {

namespace {

using Named = std::pair<std::uint32_t, const char*>;

// Those that drivers and this kernel answer with; values of ntstatus.h.
constexpr Named kStatuses[] = {{0x00000102, "STATUS_TIMEOUT"},
                               {0x00000103, "STATUS_PENDING"},
                               {0x40000000, "STATUS_OBJECT_NAME_EXISTS"},
                               {0x80000005, "STATUS_BUFFER_OVERFLOW"},
                               {0x8000000F, "STATUS_DEVICE_POWERED_OFF"},
                               {0x80000011, "STATUS_DEVICE_BUSY"},
                               {0x8000001A, "STATUS_NO_MORE_ENTRIES"},
                               {0xC0000001, "STATUS_UNSUCCESSFUL"},
                               {0xC0000002, "STATUS_NOT_IMPLEMENTED"},
                               {0xC0000004, "STATUS_INFO_LENGTH_MISMATCH"},
                               {0xC0000005, "STATUS_ACCESS_VIOLATION"},
                               {0xC0000008, "STATUS_INVALID_HANDLE"},
                               {0xC000000D, "STATUS_INVALID_PARAMETER"},
                               {0xC000000E, "STATUS_NO_SUCH_DEVICE"},
                               {0xC0000010, "STATUS_INVALID_DEVICE_REQUEST"},
                               {0xC0000011, "STATUS_END_OF_FILE"},
                               {0xC0000016, "STATUS_MORE_PROCESSING_REQUIRED"},
                               {0xC0000017, "STATUS_NO_MEMORY"},
                               {0xC0000022, "STATUS_ACCESS_DENIED"},
                               {0xC0000023, "STATUS_BUFFER_TOO_SMALL"},
                               {0xC0000024, "STATUS_OBJECT_TYPE_MISMATCH"},
                               {0xC0000033, "STATUS_OBJECT_NAME_INVALID"},
                               {0xC0000034, "STATUS_OBJECT_NAME_NOT_FOUND"},
                               {0xC0000035, "STATUS_OBJECT_NAME_COLLISION"},
                               {0xC000003A, "STATUS_OBJECT_PATH_NOT_FOUND"},
                               {0xC000003C, "STATUS_DATA_OVERRUN"},
                               {0xC000003D, "STATUS_DATA_LATE_ERROR"},
                               {0xC000003E, "STATUS_DATA_ERROR"},
                               {0xC0000043, "STATUS_SHARING_VIOLATION"},
                               {0xC0000056, "STATUS_DELETE_PENDING"},
                               {0xC000007F, "STATUS_DISK_FULL"},
                               {0xC000009A, "STATUS_INSUFFICIENT_RESOURCES"},
                               {0xC000009C, "STATUS_DEVICE_DATA_ERROR"},
                               {0xC000009D, "STATUS_DEVICE_NOT_CONNECTED"},
                               {0xC000009E, "STATUS_DEVICE_POWER_FAILURE"},
                               {0xC00000A3, "STATUS_DEVICE_NOT_READY"},
                               {0xC00000B5, "STATUS_IO_TIMEOUT"},
                               {0xC00000BB, "STATUS_NOT_SUPPORTED"},
                               {0xC00000C0, "STATUS_DEVICE_DOES_NOT_EXIST"},
                               {0xC00000C2, "STATUS_ADAPTER_HARDWARE_ERROR"},
                               {0xC00000E5, "STATUS_INTERNAL_ERROR"},
                               {0xC0000120, "STATUS_CANCELLED"},
                               {0xC0000182, "STATUS_DEVICE_CONFIGURATION_ERROR"},
                               {0xC0000183, "STATUS_DRIVER_INTERNAL_ERROR"},
                               {0xC0000184, "STATUS_INVALID_DEVICE_STATE"},
                               {0xC0000185, "STATUS_IO_DEVICE_ERROR"},
                               {0xC0000186, "STATUS_DEVICE_PROTOCOL_ERROR"},
                               {0xC0000206, "STATUS_INVALID_BUFFER_SIZE"},
                               {0xC0000225, "STATUS_NOT_FOUND"},
                               {0xC0000230, "STATUS_PROPSET_NOT_FOUND"},
                               {0xC0000272, "STATUS_NO_MATCH"},
                               {0xC00002B6, "STATUS_DEVICE_REMOVED"},
                               {0xC00002B9, "STATUS_NOINTERFACE"},
                               {0xC00002DE, "STATUS_INSUFFICIENT_POWER"}};

}  // namespace

std::string status_words(std::uint32_t status) {
  if (status == 0) return "0";
  const auto* const named = std::find_if(std::begin(kStatuses), std::end(kStatuses),
                                         [status](const Named& candidate) { return candidate.first == status; });
  return named != std::end(kStatuses) ? named->second : hex(status);
}

RecordedEvent in_words(const RecordedEvent& event) {
  RecordedEvent shown = event;
  for (RecordedEvent::Field& field : shown.fields) {
    if (field.is_text) continue;
    if (field.name == "status") {  // some layers write it with a sign
      field.value = status_words(static_cast<std::uint32_t>(std::strtoll(field.value.c_str(), nullptr, 10)));
      continue;
    }
    const auto number = event.number(field.name.c_str());
    if (!number) continue;
    if (field.name == "address") {
      field.value = hex(*number);
    } else if (field.name == "major") {
      if (irp_major_name(*number) != "?") field.value = irp_major_name(*number);
    } else if (event.name == "pin.state" && (field.name == "from" || field.name == "to") &&
               *number < kKsStates.size()) {
      field.value = kKsStates[*number];
    }
  }
  return shown;
}

std::string event_words(const RecordedEvent& event, const char* left_out) { return in_words(event).text(left_out); }

}  // namespace p2p::tb
