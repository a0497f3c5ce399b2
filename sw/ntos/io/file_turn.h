// Requests on a synchronous file. Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::io {

/// References a file and, if it is synchronous, waits until the requests of other threads on it are over and keeps
/// others waiting: its one event and its final status are those of one request at a time. PASSIVE_LEVEL.
class FileTurn {
 public:
  explicit FileTurn(PFILE_OBJECT file);
  ~FileTurn();
  FileTurn(const FileTurn&) = delete;
  FileTurn& operator=(const FileTurn&) = delete;

 private:
  PFILE_OBJECT file_;
};

}  // namespace p2p::io
