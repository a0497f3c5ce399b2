// Bringing the dispatcher up and down; called by Kernel only.
#pragma once

namespace p2p::ke {

void create_scheduler(unsigned cpus);
void start_clock();

}  // namespace p2p::ke
