// pin2pin-cc COMPILER ARGUMENTS...: compiles a driver's source as Microsoft's compiler would take it. Preprocesses it
// with the compiler, translates what GCC does not know, and compiles the result; everything else goes to the compiler
// as it is.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sw/ddk/cc/spellings.h"
#include "sw/ddk/cc/seh.h"
#include "sw/ddk/cc/tokens.h"

namespace {

using Arguments = std::vector<std::string>;

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}
bool is_c(const std::string& file) { return ends_with(file, ".c"); }
bool is_source(const std::string& file) {
  return is_c(file) || ends_with(file, ".cpp") || ends_with(file, ".cc") || ends_with(file, ".cxx");
}

std::vector<char*> pointers(Arguments& arguments) {
  std::vector<char*> out;
  for (std::string& argument : arguments) out.push_back(argument.data());
  out.push_back(nullptr);
  return out;
}

/// Exit status of the command; 127 if it cannot be run.
int run(Arguments arguments) {
  const pid_t child = fork();
  if (child == 0) {
    execvp(arguments[0].c_str(), pointers(arguments).data());
    std::fprintf(stderr, "pin2pin-cc: %s: %s\n", arguments[0].c_str(), std::strerror(errno));
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 127;
  return WEXITSTATUS(status);
}

/// `-MD`, `-MF file` and their kin, `-I` and `-D`: what the preprocessor has done already.
std::size_t preprocessor_words(const std::string& argument) {
  constexpr std::array kAlone = {"-MD", "-MMD", "-MP", "-MG"};
  constexpr std::array kWithNext = {"-MF", "-MT", "-MQ", "-include", "-isystem", "-iquote", "-idirafter", "-imacros"};
  for (const char* word : kAlone) {
    if (argument == word) return 1;
  }
  for (const char* word : kWithNext) {
    if (argument == word) return 2;
  }
  if (argument == "-I" || argument == "-D" || argument == "-U") return 2;
  return argument.rfind("-I", 0) == 0 || argument.rfind("-D", 0) == 0 || argument.rfind("-U", 0) == 0 ? 1 : 0;
}

struct Command {
  Arguments all;
  std::size_t source = 0, object = 0, compile = 0;  // where they stand; 0: not there

  explicit Command(int argc, char** argv) : all(argv + 1, argv + argc) {
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i] == "-c") compile = i;
      if (all[i] == "-o" && i + 1 < all.size()) object = i + 1;
      if (all[i][0] != '-' && i != object && is_source(all[i]) && all[i - 1] != "-include") source = i;
    }
  }
  bool compiles() const { return source != 0 && object != 0 && compile != 0; }
  std::string middle() const { return all[object] + (is_c(all[source]) ? ".i" : ".ii"); }

  Arguments preprocess() const {
    Arguments out = all;
    out[compile] = "-E";
    out[object] = middle();
    if (ends_with(out[0], "ccache")) out.erase(out.begin());
    return out;
  }
  Arguments compile_middle(bool seh) const {
    Arguments out;
    for (std::size_t i = 0; i < all.size();) {
      const std::size_t words = i == 0 ? 0 : preprocessor_words(all[i]);
      if (words == 0) out.push_back(i == source ? middle() : all[i]);
      i += words == 0 ? 1 : words;
    }
    // Variables live in memory, addressed by the frame pointer: crt/seh.c relies on it.
    if (seh) out.insert(out.end(), {"-O0", "-fno-omit-frame-pointer"});
    return out;
  }
};

int compile(const Command& command) {
  if (const int status = run(command.preprocess()); status != 0) return status;
  const std::string middle = command.middle();
  std::ifstream in(middle, std::ios::binary);
  p2p::cc::Unit unit({std::istreambuf_iterator<char>(in), {}});
  in.close();
  const bool seh = p2p::cc::translate_seh(unit);
  p2p::cc::translate_spellings(unit);
  if (!unit.edited()) {
    std::remove(middle.c_str());
    return run(command.all);
  }
  std::ofstream out(middle, std::ios::binary);
  out << unit.text();
  out.close();
  if (!out) {
    std::fprintf(stderr, "pin2pin-cc: %s: could not be written\n", middle.c_str());
    return 1;
  }
  const int status = run(command.compile_middle(seh));
  if (status == 0) std::remove(middle.c_str());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "pin2pin-cc: expected a compiler and its arguments\n");
    return 2;
  }
  const Command command(argc, argv);
  if (!command.compiles()) return run(command.all);
  try {
    return compile(command);
  } catch (const p2p::cc::SourceError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    std::remove(command.middle().c_str());
    return 1;
  }
}
