#include "sw/ntos/ddk.h"

#include "sw/ntos/io/file_turn.h"

#include "sw/ntos/ob/object.h"

namespace p2p::io {

FileTurn::FileTurn(PFILE_OBJECT file) : file_(file) {
  ob::reference(file);
  if ((file->Flags & FO_SYNCHRONOUS_IO) == 0) return;
  while (file->Busy != 0) {
    file->Waiters = file->Waiters + 1;
    KeWaitForSingleObject(&file->Lock, Executive, KernelMode, FALSE, nullptr);
    file->Waiters = file->Waiters - 1;
  }
  file->Busy = 1;
}

FileTurn::~FileTurn() {
  if ((file_->Flags & FO_SYNCHRONOUS_IO) != 0) {
    file_->Busy = 0;
    if (file_->Waiters != 0) KeSetEvent(&file_->Lock, IO_NO_INCREMENT, FALSE);
  }
  ob::dereference(file_);
}

}  // namespace p2p::io
