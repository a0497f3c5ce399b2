// `"text" ## x`: Microsoft's preprocessor leaves the two side by side, GCC's calls that an error.
#pragma once

#include <string>

namespace p2p::cc {

/// True if the preprocessor's messages say that it failed at such a paste.
bool failed_at_paste(const std::string& messages);

/// The output of `-E -fdirectives-only` without ## beside strings and __FUNCTION__ in macros, and without the macros
/// that the compiler defines by itself, so that it can be preprocessed to its end.
std::string without_string_pastes(const std::string& directives_only);

}  // namespace p2p::cc
