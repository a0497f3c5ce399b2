// A format that changes while the stream runs: by the client (R-CRE-7), by the driver (R-HDR-3).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {
namespace {

/// A driver whose second frame, of every four, is a new format.
class FormatChange : public KsTest {
 protected:
  FormatChange() {
    driver.process = [this](PKSPIN pin) -> NTSTATUS {
      PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
      if (at == nullptr) return STATUS_PENDING;
      if (++frames % 4 == 2) {
        const KSDATAFORMAT format = synth_format(128);
        std::memcpy(at->OffsetOut.Data, &format, sizeof format);
        at->StreamHeader->DataUsed = sizeof format;
        at->StreamHeader->OptionsFlags = KSSTREAM_HEADER_OPTIONSF_TYPECHANGED;
      } else {
        at->StreamHeader->DataUsed = 1;
        at->OffsetOut.Data[0] = static_cast<UCHAR>(frames);
      }
      KsStreamPointerUnlock(at, TRUE);
      return STATUS_SUCCESS;
    };
  }
  static NTSTATUS ask_format(nt::Handle pin, std::size_t room = sizeof(KSDATAFORMAT)) {
    KSDATAFORMAT format{};
    return get_property(pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &format, room);
  }
  int frames = 0;
};

TEST_F(FormatChange, R_HDR_3_behind_a_changed_type_reads_pend_until_the_new_format_is_asked_for) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({256}), change({256}), behind({256}), later({256});
    for (Request* request : {&first, &change, &behind}) EXPECT_EQ(read(c.pin, *request), STATUS_PENDING);
    EXPECT_EQ(first.wait(), STATUS_SUCCESS);
    EXPECT_EQ(change.wait(), STATUS_SUCCESS);
    EXPECT_EQ(change.header()->OptionsFlags, static_cast<ULONG>(KSSTREAM_HEADER_OPTIONSF_TYPECHANGED));
    KSDATAFORMAT told{};
    std::memcpy(&told, change.frame(), sizeof told);
    EXPECT_EQ(told.SampleSize, 128u);
    read(c.pin, later);
    sleep_us(1000);
    EXPECT_EQ(frames, 2) << "a frame was filled before the client knew its format";
    EXPECT_FALSE(behind.done());
    EXPECT_NE(ask_format(c.pin, 0), STATUS_SUCCESS);  // asks for the size only
    EXPECT_FALSE(behind.done());
    EXPECT_EQ(ask_format(c.pin), STATUS_SUCCESS);
    EXPECT_EQ(behind.wait(), STATUS_SUCCESS);
    EXPECT_EQ(later.wait(), STATUS_SUCCESS);
    EXPECT_EQ(behind.frame()[0], 3);
    EXPECT_EQ(later.frame()[0], 4);
    EXPECT_EQ(ask_format(c.pin), STATUS_SUCCESS);  // at any other time it is only a question
  });
}

TEST_F(FormatChange, R_HDR_3_what_waits_can_be_flushed_and_stopped) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    Request first({256}), change({256}), behind({256}), third({256}), fourth({256});
    for (Request* request : {&first, &change, &behind}) read(c.pin, *request);
    EXPECT_EQ(reset(c.pin, KSRESET_BEGIN), STATUS_SUCCESS);
    EXPECT_EQ(behind.wait(), STATUS_CANCELLED);
    EXPECT_EQ(reset(c.pin, KSRESET_END), STATUS_SUCCESS);
    read(c.pin, third);
    read(c.pin, fourth);
    EXPECT_EQ(third.wait(), STATUS_SUCCESS) << "the flush has forgotten the change";
    EXPECT_EQ(fourth.wait(), STATUS_SUCCESS);
    Request fifth({256}), again({256}), waits({256}), fresh({256});
    for (Request* request : {&fifth, &again, &waits}) read(c.pin, *request);
    EXPECT_FALSE(waits.done());
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(waits.wait(), STATUS_CANCELLED);
    EXPECT_EQ(set_state(c.pin, KSSTATE_RUN), STATUS_SUCCESS);
    read(c.pin, fresh);
    EXPECT_EQ(fresh.wait(), STATUS_SUCCESS);
  });
}

// R-CRE-7: the driver is asked with both formats and its word is what counts, in every state.
TEST_F(FormatChange, R_CRE_7_a_client_may_change_the_format_of_a_running_pin_if_the_driver_agrees) {
  std::vector<ULONG> asked;
  NTSTATUS answer = STATUS_SUCCESS;
  driver.set_format = [&](PKSPIN pin, PKSDATAFORMAT old_format, const KSDATARANGE*) -> NTSTATUS {
    if (old_format == nullptr) return STATUS_SUCCESS;
    asked.push_back(old_format->SampleSize);
    asked.push_back(pin->ConnectionFormat->SampleSize);
    return answer;
  };
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    const auto change = [&](ULONG bytes) {
      const KSDATAFORMAT format = synth_format(bytes);
      return set_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &format, sizeof format);
    };
    const auto current = [&] {
      KSDATAFORMAT format{};
      get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &format, sizeof format);
      return format.SampleSize;
    };
    EXPECT_EQ(change(512), STATUS_SUCCESS);
    EXPECT_EQ(current(), 512u);
    answer = STATUS_DEVICE_BUSY;
    EXPECT_EQ(change(1024), STATUS_DEVICE_BUSY);
    EXPECT_EQ(current(), 512u) << "a refused format replaced the old one";
    EXPECT_EQ(get_state(c.pin), KSSTATE_RUN);
    EXPECT_EQ(asked, (std::vector<ULONG>{256, 512, 512, 1024}));
    Request request({512});
    read(c.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS) << "the stream goes on";
  });
}

}  // namespace
}  // namespace p2p::test
