// Splitter pins: AVStream copies the frames of the first instance to the others (R-SPL-1..4).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <algorithm>
#include <cstring>

namespace p2p::test {
namespace {

class Splitter : public KsTest {
 protected:
  Splitter() {
    driver.configure = [this](SYNTH_TABLES& tables) {
      tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_SPLITTER | flags;
      tables.Pins[SYNTH_PIN_CAPTURE].InstancesPossible = 3;
      if (edit) edit(tables);
    };
    driver.pin_create = [this](PKSPIN pin, PIRP) {
      pins.push_back(pin);
      return STATUS_SUCCESS;
    };
    driver.process = [this](PKSPIN pin) -> NTSTATUS {
      PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
      if (at == nullptr) return STATUS_PENDING;
      processed.push_back(pin);
      fill(at);
      KsStreamPointerUnlock(at, TRUE);
      return STATUS_SUCCESS;
    };
  }
  void fill(PKSSTREAM_POINTER at) {
    KSSTREAM_HEADER& header = *at->StreamHeader;
    header.DataUsed = std::min(used, header.FrameExtent);
    std::memset(at->OffsetOut.Data, ++byte, header.DataUsed);
    header.PresentationTime.Time = byte * 1000;
    header.Duration = byte * 10;
    header.OptionsFlags |= options;
  }
  /// A filter with `count` capture pins in RUN.
  struct Split {
    explicit Split(std::size_t count) : handles(count) {
      EXPECT_EQ(filter.open(), STATUS_SUCCESS);
      for (nt::Handle& pin : handles) {
        EXPECT_EQ(filter.create_pin(&pin, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
        EXPECT_EQ(set_state(pin, KSSTATE_RUN), STATUS_SUCCESS);
      }
    }
    ~Split() {
      for (std::size_t i = 0; i < handles.size(); ++i) close(i);
    }
    Split(const Split&) = delete;
    Split& operator=(const Split&) = delete;
    void close(std::size_t i) {
      if (handles[i] != 0) nt::close(handles[i]);
      handles[i] = 0;
    }
    Client filter;
    std::vector<nt::Handle> handles;
  };
  static void expect_filled(const Request& request, UCHAR byte, ULONG bytes) {
    ASSERT_TRUE(request.done()) << "no copy has come";
    EXPECT_EQ(request.iosb.status, STATUS_SUCCESS);
    EXPECT_EQ(request.header()->DataUsed, bytes);
    EXPECT_EQ(request.header()->PresentationTime.Time, byte * 1000);
    EXPECT_EQ(request.header()->Duration, byte * 10);
    for (ULONG i = 0; i < request.header()->FrameExtent; ++i) {
      ASSERT_EQ(request.frame()[i], i < bytes ? byte : 0) << "byte " << i;
    }
  }
  ULONG flags = 0, options = 0, used = 256;
  std::function<void(SYNTH_TABLES&)> edit;
  std::vector<PKSPIN> pins, processed;
  UCHAR byte = 0;
};

TEST_F(Splitter, R_SPL_1_every_further_instance_gets_a_copy_of_each_frame) {
  used = 200;
  expect_clean([&] {
    Split split(3);
    for (UCHAR round = 1; round <= 3; ++round) {
      Request first({256}), second({256}), third({512});
      read(split.handles[1], second);
      read(split.handles[2], third);
      EXPECT_FALSE(second.done());
      read(split.handles[0], first);
      for (const Request* request : {&first, &second, &third}) expect_filled(*request, round, 200);
      EXPECT_EQ(second.header()->FrameExtent, 256u) << "the copy's own buffer";
      EXPECT_EQ(third.header()->FrameExtent, 512u);
    }
    EXPECT_EQ(events.count("ks.splitter.copy"), 6u);
  });
}

TEST_F(Splitter, R_SPL_2_the_minidriver_processes_the_first_instance_only) {
  expect_clean([&] {
    Split split(2);
    Request copy({256}), first({256});
    read(split.handles[1], copy);
    KsPinAttemptProcessing(pins[1], FALSE);
    EXPECT_FALSE(copy.done());
    read(split.handles[0], first);
    EXPECT_EQ(processed, std::vector<PKSPIN>{pins[0]});
    PKSPIN source = nullptr, delegate = pins[0];
    KsPinGetCopyRelationships(pins[1], &source, &delegate);
    EXPECT_EQ(source, pins[0]);
    EXPECT_EQ(delegate, nullptr);
    KsPinGetCopyRelationships(pins[0], &source, &delegate);
    EXPECT_EQ(source, nullptr);
  });
}

TEST_F(Splitter, R_SPL_2_without_the_flag_instances_are_on_their_own) {
  edit = [](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_CAPTURE].Flags = 0; };
  expect_clean([&] {
    Split split(2);
    Request second({256});
    read(split.handles[1], second);
    EXPECT_TRUE(second.done());
    EXPECT_EQ(processed, std::vector<PKSPIN>{pins[1]});
  });
}

TEST_F(Splitter, R_SPL_4_a_copy_that_has_no_frame_holds_nobody_up_and_its_next_frame_tells_of_the_gap) {
  expect_clean([&] {
    Split split(2);
    Request first({256}), second({256}), third({256});
    read(split.handles[0], first);  // nothing to copy it to
    expect_filled(first, 1, 256);
    Request small({64}), copy({256});
    read(split.handles[1], small);
    read(split.handles[0], second);  // it does not fit
    expect_filled(second, 2, 256);
    EXPECT_FALSE(small.done());
    EXPECT_EQ(events.count("ks.splitter.lost"), 2u);
    reset(split.handles[1], KSRESET_BEGIN);
    EXPECT_EQ(small.wait(), STATUS_CANCELLED);
    reset(split.handles[1], KSRESET_END);
    read(split.handles[1], copy);
    read(split.handles[0], third);
    expect_filled(copy, 3, 256);
    EXPECT_EQ(copy.header()->OptionsFlags, static_cast<ULONG>(KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY));
    EXPECT_EQ(third.header()->OptionsFlags, 0u);
  });
}

TEST_F(Splitter, R_SPL_1_a_frame_is_copied_when_its_last_reference_goes) {
  PKSSTREAM_POINTER clone = nullptr;
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    if (at == nullptr) return STATUS_PENDING;
    KsStreamPointerClone(at, nullptr, 0, &clone);
    KsStreamPointerUnlock(at, TRUE);
    return STATUS_PENDING;
  };
  expect_clean([&] {
    Split split(2);
    Request copy({256}), first({256});
    read(split.handles[1], copy);
    read(split.handles[0], first);
    EXPECT_FALSE(copy.done());
    ASSERT_NE(clone, nullptr);
    at_dispatch_level([&] {
      fill(clone);
      KsStreamPointerDelete(clone);
    });
    expect_filled(first, 1, 256);
    expect_filled(copy, 1, 256);
  });
}

TEST_F(Splitter, R_SPL_1_what_is_cancelled_or_has_failed_is_not_copied) {
  driver.process = [&](PKSPIN pin) -> NTSTATUS {
    PKSSTREAM_POINTER at = KsPinGetLeadingEdgeStreamPointer(pin, KSSTREAM_POINTER_STATE_LOCKED);
    if (at == nullptr) return STATUS_PENDING;
    if (used == 0) {
      KsStreamPointerUnlock(at, FALSE);
      return STATUS_PENDING;
    }
    fill(at);
    KsStreamPointerSetStatusCode(at, STATUS_DATA_ERROR);
    KsStreamPointerUnlock(at, TRUE);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Split split(2);
    Request copy({256}), failed({256}), cancelled({256});
    read(split.handles[1], copy);
    read(split.handles[0], failed);
    EXPECT_EQ(failed.wait(), STATUS_DATA_ERROR);
    used = 0;
    read(split.handles[0], cancelled);
    reset(split.handles[0], KSRESET_BEGIN);
    EXPECT_EQ(cancelled.wait(), STATUS_CANCELLED);
    EXPECT_FALSE(copy.done());
    split.close(1);
  });
}

TEST_F(Splitter, R_SPL_1_the_end_of_the_stream_is_copied_too) {
  options = KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM;
  used = 0;
  expect_clean([&] {
    Split split(2);
    Request copy({256}), behind({256}), first({256});
    read(split.handles[1], copy);
    read(split.handles[1], behind);
    read(split.handles[0], first);
    EXPECT_EQ(copy.wait(), STATUS_SUCCESS);
    EXPECT_EQ(copy.header()->OptionsFlags, static_cast<ULONG>(KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM));
    EXPECT_EQ(behind.wait(), STATUS_CANCELLED) << "R-HDR-5 holds for the copy's queue as well";
    sleep_us(1000);
  });
}

TEST_F(Splitter, R_SPL_4_when_the_first_instance_goes_the_next_one_takes_its_place) {
  expect_clean([&] {
    Split split(3);
    Request second({256}), third({256});
    read(split.handles[1], second);
    read(split.handles[2], third);
    split.close(0);
    EXPECT_EQ(second.wait(), STATUS_SUCCESS);
    expect_filled(second, 1, 256);
    expect_filled(third, 1, 256);
    EXPECT_EQ(processed, std::vector<PKSPIN>{pins[1]});
    split.close(2);
    Request alone({256});
    read(split.handles[1], alone);
    expect_filled(alone, 2, 256);
  });
}

TEST_F(Splitter, R_SPL_4_copies_come_and_go_while_the_first_instance_streams) {
  expect_clean([&] {
    Split split(1);
    bool streaming = true;
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    kernel->run_in_user_thread("stream", [&] {
      while (streaming) {
        Request request({256});
        read(split.handles[0], request);
        EXPECT_EQ(request.wait(), STATUS_SUCCESS);
      }
      KeSetEvent(&done, 0, FALSE);
    });
    std::size_t copies = 0;
    for (int round = 0; round < 20; ++round) {
      nt::Handle pin = 0;
      EXPECT_EQ(split.filter.create_pin(&pin, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
      set_state(pin, KSSTATE_RUN);
      Request one({256}), two({256});
      read(pin, one);
      read(pin, two);
      sleep_us(round);
      nt::close(pin);
      for (const Request* request : {&one, &two}) {
        ASSERT_TRUE(request->done());
        copies += request->iosb.status == STATUS_SUCCESS ? 1u : 0u;
      }
    }
    streaming = false;
    wait_for(&done);
    EXPECT_GT(copies, 0u);
  });
}

// -- filter-centric ---------------------------------------------------------------------------------------------------

TEST_F(Splitter, R_SPL_3_process_pins_of_copies_name_their_source_and_are_nobodys_business) {
  edit = [](SYNTH_TABLES& tables) {
    tables.FilterDispatch->Process = tables.FilterProcess;
    tables.PinDispatch->Process = nullptr;
  };
  int calls = 0;
  driver.filter_process = [&](PKSFILTER, PKSPROCESSPIN_INDEXENTRY index) -> NTSTATUS {
    ++calls;
    EXPECT_EQ(index[SYNTH_PIN_CAPTURE].Count, 2u);
    PKSPROCESSPIN first = index[SYNTH_PIN_CAPTURE].Pins[0], copy = index[SYNTH_PIN_CAPTURE].Pins[1];
    EXPECT_EQ(first->CopySource, nullptr);
    EXPECT_EQ(copy->CopySource, first);
    EXPECT_EQ(copy->DelegateBranch, nullptr);
    EXPECT_EQ(copy->Data, nullptr);
    EXPECT_EQ(copy->BytesAvailable, 0u);
    EXPECT_FALSE(KsProcessPinUpdate(copy));
    fill(first->StreamPointer);
    first->StreamPointer->StreamHeader->DataUsed = 0;
    first->BytesUsed = 256;
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Split split(2);
    Request copy({256}), first({256}), second({256});
    read(split.handles[1], copy);
    read(split.handles[0], first);
    expect_filled(first, 1, 256);
    expect_filled(copy, 1, 256);
    read(split.handles[0], second);  // the copy has no frame
    expect_filled(second, 2, 256);
    EXPECT_EQ(calls, 2);
  });
}

}  // namespace
}  // namespace p2p::test
