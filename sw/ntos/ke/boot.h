// Bringing the dispatcher up and down; called by Kernel only.
#pragma once

namespace p2p::ke {

void create_scheduler(unsigned cpus);
void destroy_scheduler();
void start_timers();

}  // namespace p2p::ke
