// Runs the driver one instruction at a time, so that a test can let something happen between any two of them.
#pragma once

#include <functional>

/// Runs `body`. After each instruction of the driver `when` is asked, with how many there have been; once it says yes
/// `then` is called there, and the rest runs at full speed. What the driver calls is one instruction to it, but where
/// that calls an ISR, a DPC or a pin's dispatch routine of the driver, theirs count too. True: `then` was called.
bool run_by_instruction(const std::function<void()>& body, const std::function<bool(unsigned)>& when,
                        const std::function<void()>& then);
