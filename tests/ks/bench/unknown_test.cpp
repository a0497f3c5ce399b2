// COM interfaces of AVStream's objects: the outer unknown, aggregated clients, the connected pin's IKsControl.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

struct IUnknown;
extern "C" {
struct IUnknown* NTAPI KsGetOuterUnknown(PVOID Object);
struct IUnknown* NTAPI KsRegisterAggregatedClientUnknown(PVOID Object, struct IUnknown* ClientUnknown);
}

namespace p2p::test {
namespace {

const GUID kUnknown = {0, 0, 0, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};
const GUID kControl = {0x28f54685, 0x06fd, 0x11d2, {0xb2, 0x7a, 0x00, 0xa0, 0xc9, 0x22, 0x31, 0x96}};
const GUID kPrivate = SYNTH_GUID(50);

/// IKsControl as C sees it.
struct Object {
  struct Table {
    NTSTATUS(NTAPI* QueryInterface)(Object*, const GUID*, PVOID*);
    ULONG(NTAPI* AddRef)(Object*);
    ULONG(NTAPI* Release)(Object*);
    NTSTATUS(NTAPI* KsProperty)(Object*, PKSPROPERTY, ULONG, PVOID, ULONG, ULONG*);
  };
  const Table* table;
};

/// A minidriver's own object, to be aggregated.
struct Own : Object {
  static inline int references = 0;
  static NTSTATUS NTAPI query(Object* self, const GUID* iid, PVOID* found) {
    if (!IsEqualGUID(*iid, kPrivate)) return STATUS_NOINTERFACE;
    ++references;
    *found = self;
    return STATUS_SUCCESS;
  }
  static ULONG NTAPI add_ref(Object*) { return static_cast<ULONG>(++references); }
  static ULONG NTAPI release(Object*) { return static_cast<ULONG>(--references); }
  static constexpr Table kTable = {query, add_ref, release, nullptr};
};
Own g_own{{&Own::kTable}};

class UnknownTest : public KsTest {
 protected:
  UnknownTest() {
    driver.pin_create = [this](PKSPIN pin, PIRP) {
      (pin->Communication == KSPIN_COMMUNICATION_SOURCE ? source : sink) = pin;
      return STATUS_SUCCESS;
    };
  }
  /// A source pin of one filter connected to a sink pin of another.
  void with_link(const std::function<void()>& body) {
    Client from, to;
    nt::Handle sink_pin = 0, source_pin = 0;
    ASSERT_EQ(from.open(), STATUS_SUCCESS);
    ASSERT_EQ(to.open(), STATUS_SUCCESS);
    ASSERT_EQ(to.create_pin(&sink_pin, SYNTH_PIN_RENDER), STATUS_SUCCESS);
    ASSERT_EQ(from.create_pin(&source_pin, SYNTH_PIN_SOURCE, synth_format(),
                              [&](KSPIN_CONNECT& c) { c.PinToHandle = reinterpret_cast<HANDLE>(sink_pin); }),
              STATUS_SUCCESS);
    in_system_thread(body);
    nt::close(source_pin);
    nt::close(sink_pin);
  }
  static KSSTATE state_through(Object* object) {
    KSPROPERTY request{};
    request.Set = KSPROPSETID_Connection;
    request.Id = KSPROPERTY_CONNECTION_STATE;
    request.Flags = KSPROPERTY_TYPE_GET;
    KSSTATE state = KSSTATE_RUN;
    ULONG returned = 0;
    EXPECT_EQ(object->table->KsProperty(object, &request, sizeof request, &state, sizeof state, &returned),
              STATUS_SUCCESS);
    EXPECT_EQ(returned, sizeof state);
    return state;
  }
  PKSPIN source = nullptr, sink = nullptr;
};

TEST_F(UnknownTest, a_source_pin_reaches_the_control_interface_of_its_sink) {
  expect_clean([&] {
    with_link([&] {
      PVOID found = nullptr;
      ASSERT_EQ(KsPinGetConnectedPinInterface(source, &kControl, &found), STATUS_SUCCESS);
      auto* control = static_cast<Object*>(found);
      EXPECT_EQ(state_through(control), KSSTATE_STOP);
      EXPECT_EQ(found, static_cast<PVOID>(KsGetOuterUnknown(sink))) << "an AVStream pin is asked directly";
      EXPECT_EQ(control->table->Release(control), 0u);
      EXPECT_EQ(KsPinGetConnectedPinInterface(source, &kPrivate, &found), STATUS_NOINTERFACE);
      EXPECT_EQ(found, nullptr);
    });
  });
}

TEST_F(UnknownTest, a_sink_pin_reaches_an_avstream_pin_that_is_connected_to_it) {
  expect_clean([&] {
    with_link([&] {
      PVOID found = nullptr;
      ASSERT_EQ(KsPinGetConnectedPinInterface(sink, &kUnknown, &found), STATUS_SUCCESS);
      EXPECT_EQ(found, static_cast<PVOID>(KsGetOuterUnknown(source)));
      static_cast<Object*>(found)->table->Release(static_cast<Object*>(found));
      ASSERT_EQ(KsPinGetConnectedFilterInterface(sink, &kControl, &found), STATUS_SUCCESS);
      EXPECT_EQ(found, static_cast<PVOID>(KsGetOuterUnknown(KsPinGetParentFilter(source))));
      static_cast<Object*>(found)->table->Release(static_cast<Object*>(found));
    });
  });
}

TEST_F(UnknownTest, a_pin_that_a_client_reads_has_no_connected_pin) {
  expect_clean([&] {
    Connection c;
    in_system_thread([&] {
      PVOID found = this;
      EXPECT_EQ(KsPinGetConnectedPinInterface(sink, &kControl, &found), STATUS_UNSUCCESSFUL);
      EXPECT_EQ(found, nullptr);
    });
  });
}

TEST_F(UnknownTest, aggregated_clients_answer_for_their_interfaces_and_go_with_the_object) {
  expect_clean([&] {
    with_link([&] {
      EXPECT_EQ(KsRegisterAggregatedClientUnknown(sink, reinterpret_cast<struct IUnknown*>(&g_own)),
                KsGetOuterUnknown(sink));
      EXPECT_EQ(Own::references, 1);
      PVOID found = nullptr;
      ASSERT_EQ(KsPinGetConnectedPinInterface(source, &kPrivate, &found), STATUS_SUCCESS);
      EXPECT_EQ(found, static_cast<PVOID>(&g_own));
      Own::release(&g_own);
    });
  });
  EXPECT_EQ(Own::references, 0) << "the pin kept its client";
}

}  // namespace
}  // namespace p2p::test
