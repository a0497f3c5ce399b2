// Code a driver has put into a section that Windows pages out.
#pragma once

namespace p2p::io {

/// Is `code` in a section of its module whose name begins with "PAGE"? False if the module's file cannot be read.
bool is_paged_code(const void* code);

}  // namespace p2p::io
