// Associated IRPs: parts of a master, which is completed after the last of them (R-IRP-10).
#include "sw/ntos/io/verify.h"

#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/irql.h"

namespace p2p::io {

void associated_completed(PIRP irp) {
  PIRP master = irp->AssociatedIrp.MasterIrp;
  const CCHAR boost = irp_info(irp)->boost;
  for (PMDL mdl = irp->MdlAddress; mdl != nullptr;) {
    PMDL next = mdl->Next;
    IoFreeMdl(mdl);
    mdl = next;
  }
  free_irp(irp);
  if (irp_info(master) == nullptr) {
    ntos::bug_check(0x44, value_of(master), 0, 0, 0, "MULTIPLE_IRP_COMPLETE_REQUESTS",
                    "a master IRP was completed before its associated IRPs");
  }
  if (InterlockedDecrement(&master->AssociatedIrp.IrpCount) == 0) IoCompleteRequest(master, boost);
}

}  // namespace p2p::io

using namespace p2p;

extern "C" {

PIRP NTAPI IoMakeAssociatedIrp(PIRP Irp, CCHAR StackSize) {
  if (StackSize < 1) return nullptr;
  PIRP irp = io::allocate_irp(StackSize, io::IrpKind::kAssociated);
  if (irp == nullptr) return nullptr;
  irp->Flags |= IRP_ASSOCIATED_IRP;
  irp->AssociatedIrp.MasterIrp = Irp;
  irp->Tail.Overlay.Thread = Irp->Tail.Overlay.Thread;
  irp->RequestorMode = Irp->RequestorMode;
  return irp;
}

}  // extern "C"
