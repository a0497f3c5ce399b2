#include "sw/ntos/ddk.h"

#include "sw/ntos/hal/map_registers.h"
#include "sw/ntos/hal/mapping_events.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::hal {

namespace {
std::uint64_t last_mapping = 0;

/// The IRP whose buffer an MDL describes; 0: none is known. Of an IRP that is on no way the MDLs may be gone: their
/// list is not followed.
std::uint64_t irp_of(const MDL* mdl) {
  if (mdl == nullptr) return 0;
  for (const IRP* irp : io::live_irps()) {
    const io::IrpInfo& info = *io::irp_info(irp);
    const bool follow = io::in_flight(irp, info);
    for (const MDL* own = irp->MdlAddress; own != nullptr; own = follow ? own->Next : nullptr)
      if (own == mdl) return info.id;
  }
  return 0;
}
}  // namespace

std::uint64_t tell_mapped(std::string_view kind, std::uint64_t address, std::uint64_t bytes, bool write_to_device,
                          const MDL* mdl) {
  const TraceField mapping{"mapping", ++last_mapping}, of{"kind", kind}, first{"address", address},
      length{"bytes", bytes}, write{"write", write_to_device ? 0u : 1u};
  if (const std::uint64_t irp = irp_of(mdl); irp != 0) {
    ke::trace("dma.map", {mapping, of, first, length, write, {"irp", irp}});
  } else {
    ke::trace("dma.map", {mapping, of, first, length, write});
  }
  return last_mapping;
}

std::uint64_t tell_mapped(std::string_view kind, const std::vector<MappedPage>& pages, bool write_to_device,
                          const MDL* mdl) {
  std::uint64_t bytes = 0;
  for (const MappedPage& page : pages) bytes += page.bytes;
  const std::uint64_t address = pages.empty() ? 0 : pages.front().logical * PAGE_SIZE + pages.front().from;
  return tell_mapped(kind, address, bytes, write_to_device, mdl);
}

void tell_unmapped(std::uint64_t mapping) { ke::trace("dma.unmap", {{"mapping", mapping}}); }

}  // namespace p2p::hal
