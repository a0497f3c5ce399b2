// SHA-256 of what was delivered.
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <string>

namespace p2p::tb {

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(const void* data, std::size_t bytes) { EVP_DigestUpdate(context_, data, bytes); }
  /// Once, at the end.
  std::string hex() {
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    EVP_DigestFinal_ex(context_, value, &bytes);
    std::string text;
    for (unsigned i = 0; i < bytes; ++i) {
      static constexpr char kHex[] = "0123456789abcdef";
      text += kHex[value[i] >> 4];
      text += kHex[value[i] & 15];
    }
    return text;
  }

 private:
  EVP_MD_CTX* context_;
};

}  // namespace p2p::tb
