#include "sw/ntos/ddk.h"

#include "sw/ntos/pnp/fake_requests.h"

#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/request.h"

namespace p2p::pnp {

void send_fakes(PDEVICE_OBJECT pdo) {
  constexpr UCHAR kNobodyKnows = 0xFF;
  constexpr ULONG_PTR kInformation = 1;  // no pointer, and not what a driver would set
  for (const UCHAR major : {UCHAR{IRP_MJ_PNP}, UCHAR{IRP_MJ_POWER}, UCHAR{IRP_MJ_SYSTEM_CONTROL}}) {
    io::request(pdo, nullptr, io::Sending::kMustSend, [major](PIRP irp, PIO_STACK_LOCATION location) {
      io::irp_info(irp)->fake = true;
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      irp->IoStatus.Information = kInformation;
      location->MajorFunction = major;
      location->MinorFunction = kNobodyKnows;
    });
  }
}

}  // namespace p2p::pnp
