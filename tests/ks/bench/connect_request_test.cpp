// KsValidateConnectRequest (R-CRE-3), and what updating a factory's cache answers.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

class ConnectRequest : public KsTest {
 protected:
  /// Validates the create of a capture pin against `edit`ed descriptors, in the pin's own Create.
  NTSTATUS validate(const std::function<void(std::vector<KSPIN_DESCRIPTOR>&)>& edit = {}) {
    NTSTATUS result = -1;
    driver.pin_create = [&](PKSPIN pin, PIRP irp) {
      const KSFILTER_DESCRIPTOR* filter = KsPinGetParentFilter(pin)->Descriptor;
      std::vector<KSPIN_DESCRIPTOR> pins;
      for (ULONG i = 0; i < filter->PinDescriptorsCount; ++i) pins.push_back(filter->PinDescriptors[i].PinDescriptor);
      if (edit) edit(pins);
      PKSPIN_CONNECT connect = nullptr, again = nullptr;
      result = KsValidateConnectRequest(irp, static_cast<ULONG>(pins.size()), pins.data(), &connect);
      if (!NT_SUCCESS(result)) return STATUS_SUCCESS;
      EXPECT_EQ(connect->PinId, static_cast<ULONG>(SYNTH_PIN_CAPTURE));
      EXPECT_TRUE(IsEqualGUID(connect->Medium.Set, KSMEDIUMSETID_Standard));
      const auto* format = reinterpret_cast<const KSDATAFORMAT*>(connect + 1);
      EXPECT_EQ(format->SampleSize, 256u) << "the format lies behind the connection";
      EXPECT_EQ(KsValidateConnectRequest(irp, static_cast<ULONG>(pins.size()), pins.data(), &again), STATUS_SUCCESS);
      EXPECT_EQ(again, connect);
      return STATUS_SUCCESS;
    };
    expect_clean([] { Connection c; });
    return result;
  }
};

TEST_F(ConnectRequest, R_CRE_3_a_request_that_fits_is_returned_with_its_format) {
  EXPECT_EQ(validate(), STATUS_SUCCESS);
}
TEST_F(ConnectRequest, R_CRE_3_the_pin_must_be_described) {
  EXPECT_EQ(validate([](auto& pins) { pins.clear(); }), STATUS_INVALID_PARAMETER);
}
TEST_F(ConnectRequest, R_CRE_3_the_communication_must_be_possible) {
  EXPECT_EQ(validate([](auto& pins) { pins[SYNTH_PIN_CAPTURE].Communication = KSPIN_COMMUNICATION_SOURCE; }),
            STATUS_INVALID_DEVICE_REQUEST);
}
TEST_F(ConnectRequest, R_CRE_3_the_interface_must_be_listed) {
  static const KSPIN_INTERFACE other = {{{STATICGUIDOF(KSINTERFACESETID_Standard), 99, 0}}};
  EXPECT_EQ(validate([](auto& pins) {
              pins[SYNTH_PIN_CAPTURE].Interfaces = &other;
              pins[SYNTH_PIN_CAPTURE].InterfacesCount = 1;
            }),
            STATUS_NO_MATCH);
}
TEST_F(ConnectRequest, R_CRE_3_the_format_must_be_in_a_range) {
  EXPECT_EQ(validate([](auto& pins) { pins[SYNTH_PIN_CAPTURE].DataRangesCount = 0; }), STATUS_NO_MATCH);
}

TEST_F(ConnectRequest, a_factorys_cache_is_for_its_own_categories) {
  expect_clean([&] {
    Connection c;
    const auto* filter = static_cast<PKSFILTER>(driver.last(SynthFilterCreate)->object);
    PKSFILTERFACTORY factory = KsFilterGetParentFilterFactory(const_cast<PKSFILTER>(filter));
    in_system_thread([&] {
      EXPECT_EQ(KsFilterFactoryUpdateCacheData(factory, nullptr), STATUS_SUCCESS);
      KSFILTER_DESCRIPTOR other = *filter->Descriptor;
      EXPECT_EQ(KsFilterFactoryUpdateCacheData(factory, &other), STATUS_SUCCESS);
      static const GUID stranger = SYNTH_GUID(77);
      other.Categories = &stranger;
      EXPECT_EQ(KsFilterFactoryUpdateCacheData(factory, &other), STATUS_INVALID_PARAMETER);
    });
  });
}

}  // namespace
}  // namespace p2p::test
