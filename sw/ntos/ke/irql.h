// DDK header and the dispatcher's IRQL helpers in one include.
#pragma once

#include "sw/ntos/ddk.h"

namespace p2p::ke {

struct Thread;
/// After a raw fiber wait: the calling fiber is `self` again.
void resume(Thread* self);

}  // namespace p2p::ke
