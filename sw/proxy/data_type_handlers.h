// Which data type handler serves a media type (R-PXY-19): what the registry of COM servers is to ksproxy.
#pragma once

#include <cstdint>
#include <vector>

#include "sw/proxy/com.h"

namespace p2p::proxy {

/// Makes a handler aggregated on `outer`, a pin; `*unknown` receives its non-delegating IUnknown with one reference.
using CreateDataTypeHandler = HRESULT (*)(IUnknown* outer, IUnknown** unknown);

/// Registers a handler under a major type, subtype or format specifier; null: no longer.
void register_data_type_handler(const GUID& class_id, CreateDataTypeHandler create);

/// A handler and what owns it.
struct DataTypeHandler {
  ComPtr<IUnknown> owner;                 ///< non-delegating
  IKsDataTypeHandler* handler = nullptr;  ///< not counted: it would count the pin
};

/// Loads the handler for `format`, a KSDATAFORMAT with what follows it: the major type's, else the subtype's, else the
/// specifier's, and tells it the media type. S_FALSE, and no handler: none is registered. Errors: the handler's.
HRESULT load_data_type_handler(IUnknown* outer, const std::vector<std::uint8_t>& format, DataTypeHandler* loaded);

}  // namespace p2p::proxy
