// Opening files, for system calls and for the kernel itself. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <string_view>

namespace p2p::nt {

/// Makes a file object and sends IRP_MJ_CREATE; `related` may be null. The file comes with one reference.
/// STATUS_OBJECT_NAME_NOT_FOUND, STATUS_NO_SUCH_DEVICE before the device is started or once it is deleted,
/// STATUS_ACCESS_DENIED if it is exclusive and open, STATUS_INSUFFICIENT_RESOURCES, or the driver's status.
/// PASSIVE_LEVEL.
NTSTATUS open_file(std::uint32_t desired_access, PFILE_OBJECT related, std::u16string_view name, bool synchronous,
                   KPROCESSOR_MODE mode, PFILE_OBJECT* opened);
/// The last handle is closed: IRP_MJ_CLEANUP.
void clean_up(PFILE_OBJECT file);

}  // namespace p2p::nt
