#include "sw/ntos/ke/irql.h"

#include "sw/ntos/user/addresses.h"

#include <string>

namespace p2p::nt {

namespace {
bool malformed(const UNICODE_STRING& string) {
  const bool odd = string.Length % sizeof(WCHAR) != 0 || string.MaximumLength % sizeof(WCHAR) != 0;
  return odd || string.Length > string.MaximumLength || (string.Length != 0 && string.Buffer == nullptr);
}
}  // namespace

void check_kernel_address(const void* address, std::size_t bytes, const char* routine) {
  ke::verify(!is_user_address(address), 0xE0, ke::value_of(address), bytes, 0, "UserModeAddress",
             std::string(routine) + " was given a user-mode address");
}

void check_kernel_string(PCUNICODE_STRING string, const char* routine) {
  if (string == nullptr) return;
  check_kernel_address(string, sizeof *string, routine);
  check_kernel_address(string->Buffer, string->Length, routine);
}

void check_zw_address(const void* address, const void* caller, const char* routine) {
  ke::verify(!is_user_address(address), 0xE3, ke::value_of(caller), ke::value_of(address), 0, "UserModeAddress",
             std::string(routine) + " was given a user-mode address");
}

void check_zw_string(PCUNICODE_STRING string, const void* caller, const char* routine) {
  if (string == nullptr) return;
  check_zw_address(string, caller, routine);
  ke::verify(!malformed(*string), 0xE4, ke::value_of(caller), ke::value_of(string), 0, "MalformedUnicodeString",
             std::string(routine) + " was given a malformed UNICODE_STRING");
  check_zw_address(string->Buffer, caller, routine);
}

}  // namespace p2p::nt
