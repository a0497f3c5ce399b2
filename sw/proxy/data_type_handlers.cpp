#include "sw/proxy/data_type_handlers.h"

#include <cstring>
#include <utility>

#include "sw/proxy/guids.h"

namespace p2p::proxy {
namespace {

std::vector<std::pair<GUID, CreateDataTypeHandler>> g_servers;

CreateDataTypeHandler find(const GUID& class_id) {
  for (const auto& [known, create] : g_servers) {
    if (known == class_id) return create;
  }
  return nullptr;
}

/// The media type of a data format; the format block is `format`'s own memory.
AM_MEDIA_TYPE media_type_of(const std::vector<std::uint8_t>& format) {
  KSDATAFORMAT head{};
  std::memcpy(&head, format.data(), sizeof head);
  AM_MEDIA_TYPE type{};
  type.majortype = head.MajorFormat;
  type.subtype = head.SubFormat;
  type.formattype = head.Specifier;
  type.bFixedSizeSamples = (head.Flags & KSDATAFORMAT_TEMPORAL_COMPRESSION) == 0 && head.SampleSize != 0;
  type.bTemporalCompression = (head.Flags & KSDATAFORMAT_TEMPORAL_COMPRESSION) != 0;
  type.lSampleSize = head.SampleSize;
  type.cbFormat = static_cast<ULONG>(format.size() - sizeof head);
  if (type.cbFormat != 0) type.pbFormat = const_cast<BYTE*>(format.data() + sizeof head);
  return type;
}

}  // namespace

void register_data_type_handler(const GUID& class_id, CreateDataTypeHandler create) {
  std::erase_if(g_servers, [&](const auto& entry) { return entry.first == class_id; });
  if (create != nullptr) g_servers.emplace_back(class_id, create);
}

HRESULT load_data_type_handler(IUnknown* outer, const std::vector<std::uint8_t>& format, DataTypeHandler* loaded) {
  const AM_MEDIA_TYPE type = media_type_of(format);
  for (const GUID* class_id : {&type.majortype, &type.subtype, &type.formattype}) {
    const CreateDataTypeHandler create = find(*class_id);
    ComPtr<IUnknown> owner;
    if (create == nullptr || FAILED(create(outer, owner.put()))) continue;
    void* found = nullptr;
    HRESULT hr = owner->QueryInterface(kIidKsDataTypeHandler, &found);
    if (FAILED(hr)) return hr;
    auto* handler = static_cast<IKsDataTypeHandler*>(found);
    handler->Release();  // the query counted the outer object
    hr = handler->KsSetMediaType(&type);
    if (FAILED(hr)) return hr;
    loaded->owner = std::move(owner);
    loaded->handler = handler;
    return S_OK;
  }
  return S_FALSE;
}

}  // namespace p2p::proxy
