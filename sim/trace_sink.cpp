#include "sim/trace_sink.h"

namespace p2p {
namespace {

class SilentSink final : public TraceSink {
 public:
  void event(std::string_view, std::string_view, std::initializer_list<TraceField>) override {}
};

SilentSink silent_sink;
TraceSink* current_sink = &silent_sink;

}  // namespace

TraceSink& trace_sink() { return *current_sink; }
void set_trace_sink(TraceSink* sink) { current_sink = sink != nullptr ? sink : &silent_sink; }

}  // namespace p2p
