#include "tb/run/become.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tb/run/options.h"

namespace p2p::tb {

void become(std::vector<std::string> words, const std::string& who) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execvp(arguments.front(), arguments.data());
  throw UsageError(who + ": " + std::strerror(errno) + "; expected the package " + words.front() + " to be installed");
}

}  // namespace p2p::tb
