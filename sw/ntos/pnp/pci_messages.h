// Message-signalled interrupts of a PCI function: who gets them, and its MSI capability.
#pragma once

namespace p2p::pnp {

/// Vectors `first` … `first + count - 1`; `count` 0: the function interrupts by its line.
struct MessageVectors {
  unsigned first = 0;
  unsigned count = 0;
};

/// What a start assigns: messages if the function can and its hardware key has
/// `Interrupt Management\MessageSignaledInterruptProperties` with MSISupported 1; as many as it asks for, up to
/// MessageNumberLimit.
void assign_messages(unsigned function);
/// What it has been assigned.
MessageVectors messages_of(unsigned function);
/// Tells the function where to write its messages and lets it, or, if it has none, makes it use its line.
void program_messages(unsigned function);

}  // namespace p2p::pnp
