#include "tb/coverage/chip_bins.h"

#include <algorithm>
#include <utility>

#include "sw/driver/vcap_hw.h"

namespace p2p::coverage {
namespace {

#define P2P_REGISTER(name) \
  { #name, VCAP_##name }
const std::pair<const char*, std::uint32_t> kRegisters[] = {
    P2P_REGISTER(INTR_STATE),
    P2P_REGISTER(INTR_ENABLE),
    P2P_REGISTER(INTR_TEST),
    P2P_REGISTER(COALESCE),
    P2P_REGISTER(ID),
    P2P_REGISTER(COALESCE_TIMEOUT),
    P2P_REGISTER(VERSION),
    P2P_REGISTER(CAPS),
    P2P_REGISTER(CLK_KHZ),
    P2P_REGISTER(CTRL),
    P2P_REGISTER(STATUS),
    P2P_REGISTER(ERR_CAUSE),
    P2P_REGISTER(ERR_ADDR_LO),
    P2P_REGISTER(ERR_ADDR_HI),
    P2P_REGISTER(CHANNELS),
    P2P_REGISTER(FAULT_TEST),
    P2P_REGISTER(RING_BASE_LO),
    P2P_REGISTER(RING_BASE_HI),
    P2P_REGISTER(RING_SIZE),
    P2P_REGISTER(RING_HEAD),
    P2P_REGISTER(RING_TAIL),
    P2P_REGISTER(CPL_BASE_LO),
    P2P_REGISTER(CPL_BASE_HI),
    P2P_REGISTER(CPL_SIZE),
    P2P_REGISTER(CPL_HEAD),
    P2P_REGISTER(CPL_TAIL),
    P2P_REGISTER(FORMAT_WIDTH),
    P2P_REGISTER(FORMAT_HEIGHT),
    P2P_REGISTER(FORMAT_STRIDE),
    P2P_REGISTER(TIMESTAMP_LO),
    P2P_REGISTER(TIMESTAMP_HI),
    P2P_REGISTER(DETECT_CTRL),
    P2P_REGISTER(DETECT_SIZE),
    P2P_REGISTER(DETECT_TIMEOUT),
    P2P_REGISTER(DETECT_LINE),
    P2P_REGISTER(DETECT_FRAME),
    P2P_REGISTER(DETECT_STATUS),
    P2P_REGISTER(CNT_FRAMES),
    P2P_REGISTER(CNT_DROPPED),
    P2P_REGISTER(CNT_OVERFLOW),
    P2P_REGISTER(CNT_FORMAT),
    P2P_REGISTER(CNT_NOBUF),
    P2P_REGISTER(CNT_BUSERR),
    P2P_REGISTER(CNT_STARTED),
    P2P_REGISTER(MSI_CTRL),
    P2P_REGISTER(MSI_ADDR_LO),
    P2P_REGISTER(MSI_ADDR_HI),
    P2P_REGISTER(MSI_DATA),
    P2P_REGISTER(INPUT_SIZE),
    P2P_REGISTER(CROP_POS),
    P2P_REGISTER(FIELD_MODE),
};
#undef P2P_REGISTER

std::vector<std::string> register_names() {
  std::vector<std::string> names;
  for (const auto& [name, offset] : kRegisters) names.emplace_back(name);
  names.emplace_back("no register");
  return names;
}

std::vector<std::string> numbers(unsigned last) {
  std::vector<std::string> all;
  for (unsigned i = 1; i <= last; ++i) all.push_back(std::to_string(i));
  return all;
}

const std::vector<std::string> kWaits{"0 cycles", "1 cycle", "2 to 7 cycles", "8 cycles or more"};
const std::vector<std::string> kStates{"idle", "busy", "running", "in a frame", "halted", "resetting"};
const std::vector<std::string> kWriters{"data", "record", "message"};
const std::vector<std::string> kCauses{"FRAME_DONE", "NOBUF",   "OVERFLOW", "FORMAT_ERR", "BUS_ERR",
                                       "DESC_ERR",   "DRAINED", "FIFO_ERR", "VIDEO_SIZE", "VIDEO_LOST"};

}  // namespace

std::size_t register_bin(std::uint32_t offset) {
  const auto* found = std::find_if(std::begin(kRegisters), std::end(kRegisters),
                                   [&](const auto& entry) { return entry.second == offset; });
  return static_cast<std::size_t>(found - std::begin(kRegisters));
}

ChipBins::ChipBins()
    : descriptor(
          "descriptor", "a descriptor was read: its length against the place of its address in a beat",
          {{"length",
            {"1 byte", "less than a beat", "a beat", "to 64 bytes", "less than a page", "a page", "more than a page"}},
           {"address", {"start of a beat", "first half", "middle", "second half"}}}),
      descriptor_kind(
          "descriptor kind", "a descriptor was read, or could not be",
          {{"kind", {"whole buffer", "first", "between", "last", "length zero", "EXOKAY", "SLVERR", "DECERR"}}}),
      burst("burst", "a burst of a frame's data was issued: its length against each reason that ended it there",
            {{"beats", {"1", "2 or 3", "4 or more", "as many as may be"}},
             {"end", {"page", "longest burst", "descriptor", "line", "frame"}}}),
      outstanding("outstanding", "so many write bursts were in flight when one was issued, that one included",
                  {{"bursts", numbers(16)}}),
      order("answer order", "a write burst was answered: the oldest in flight or a later one, against how many were",
            {{"burst", {"oldest", "later"}}, {"in flight", {"1", "2", "3 or 4", "5 to 8", "9 to 16"}}}),
      address_wait("address wait", "an address waited so long for READY",
                   {{"channel", {"AW", "AR"}}, {"wait", kWaits}}),
      data_wait("data wait", "a beat of a write burst waited so long for READY",
                {{"beat", {"only one", "first", "between", "last"}}, {"wait", kWaits}}),
      latency("latency", "cycles from a burst's last data, or a read's address, to its answer",
              {{"answer", {"B", "R"}}, {"cycles", {"1", "2 to 7", "8 to 31", "32 or more"}}}),
      turn("turn", "who issued a write burst, and who the one before", {{"before", kWriters}, {"now", kWriters}}),
      write_access("register write", "which came first, and whether the master was ready for the answer at once",
                   {{"order", {"address first", "data first", "together"}}, {"BREADY", {"at once", "late"}}}),
      read_access("register read", "whether the master was ready for the answer at once",
                  {{"RREADY", {"at once", "late"}}}),
      registers("register", "each register, and an offset that is none, was read and written",
                {{"register", register_names()}, {"access", {"read", "written"}}}),
      state("state", "a channel went from one state to another, as STATUS shows it in every cycle",
            {{"from", kStates}, {"to", kStates}}),
      stop("stop", "ENABLE was cleared by software in this state", {{"state", kStates}}),
      cause("cause", "a cause was raised: as the line, as a message, or not enabled",
            {{"cause", kCauses}, {"as", {"line", "message", "not enabled"}}}),
      test("cause test", "INTR_TEST raised a cause", {{"cause", kCauses}}),
      clear("cause clear", "software cleared a cause: it is gone, or was raised in the same cycle",
            {{"cause", kCauses}, {"then", {"gone", "raised"}}}),
      frame_done("frame done", "why FRAME_DONE was raised, and whether it was pending still",
                 {{"by", {"each frame", "count", "timeout"}}, {"before", {"clear", "pending"}}}),
      outcome("outcome", "what became of a frame, against how far it had come",
              {{"outcome", {"delivered", "overflow", "format", "no buffer", "halt"}},
               {"place", {"not in hand", "none of it issued", "some of it issued"}}}),
      halt("halt", "what halted the engine",
           {{"access", {"descriptor read", "data", "record", "bad descriptor", "parity", "message"}},
            {"answer", {"none", "EXOKAY", "SLVERR", "DECERR"}}}),
      geometry("geometry", "a frame of this shape was delivered",
               {{"fields", {"progressive", "separate", "woven"}},
                {"shape", {"whole", "whole, gaps", "window", "window, gaps"}}}) {
  for (const char* beats : {"1", "2 or 3", "4 or more"}) {
    burst.impossible({beats, "longest burst"}, "it is shorter");
  }
  burst.impossible({"as many as may be", "line"}, "counted as the longest burst");
  order.impossible({"later", "1"}, "the only one is the oldest");
  for (const std::string& name : kStates) state.impossible({name, name}, "no change");
  for (const char* to : {"idle", "busy", "running", "in a frame"}) {
    state.impossible({"halted", to}, "halted until SOFT_RESET");
  }
  for (const char* to : {"running", "in a frame", "halted"}) {
    state.impossible({"resetting", to}, "nothing is captured behind a soft reset");
  }
  state.impossible({"resetting", "idle"}, "the prefetch begins again first: idle a cycle later, with DRAINED");
  state.impossible({"idle", "in a frame"}, "a frame is at the pins first, while RUNNING");
  stop.impossible({"resetting"}, "CTRL is zero meanwhile");
  outcome.impossible({"delivered", "not in hand"}, "a record is written of the frame in hand");
  outcome.impossible({"delivered", "none of it issued"}, "a frame has a burst at least");
  for (const char* access : {"descriptor read", "data", "record", "message"}) {
    halt.impossible({access, "none"}, "an access that fails has an answer");
  }
  for (const char* access : {"bad descriptor", "parity"}) {
    for (const char* answer : {"EXOKAY", "SLVERR", "DECERR"}) halt.impossible({access, answer}, "no access failed");
  }
}

std::vector<Cross*> ChipBins::all() {
  return {&descriptor, &descriptor_kind, &burst,       &outstanding, &order,   &address_wait, &data_wait, &latency,
          &turn,       &write_access,    &read_access, &registers,   &state,   &stop,         &cause,     &test,
          &clear,      &frame_done,      &outcome,     &halt,        &geometry};
}

}  // namespace p2p::coverage
