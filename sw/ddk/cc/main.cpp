// pin2pin-cc COMPILER ARGUMENTS...: compiles a driver's source as Microsoft's compiler would take it. Preprocesses it
// with the compiler, translates what GCC does not know, and compiles the result; everything else goes to the compiler
// as it is.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sw/ddk/cc/base_members.h"
#include "sw/ddk/cc/function_names.h"
#include "sw/ddk/cc/overloads.h"
#include "sw/ddk/cc/pastes.h"
#include "sw/ddk/cc/seh.h"
#include "sw/ddk/cc/spellings.h"
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

/// Exit status of the command; 127 if it cannot be run. Its messages go to the file `messages`, if that is named.
int run(Arguments arguments, const std::string& messages = {}) {
  const pid_t child = fork();
  if (child == 0) {
    if (!messages.empty()) {
      const int file = open(messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
      if (file >= 0) dup2(file, STDERR_FILENO);
    }
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
  /// Includes and conditions only: macros stay, and are not expanded.
  Arguments preprocess_directives() const {
    Arguments out = preprocess();
    out.insert(out.end(), "-fdirectives-only");
    return out;
  }
  /// What preprocess_directives() left, to the end. The language is said, as the name says it is preprocessed already.
  Arguments preprocess_macros(const std::string& directives) const {
    Arguments out = without_preprocessor_words(directives);
    for (std::string& word : out) {
      if (word == "-c") word = "-E";
      if (word == all[object]) word = middle();
    }
    if (ends_with(out[0], "ccache")) out.erase(out.begin());
    const auto name = std::find(out.begin(), out.end(), directives);
    out.insert(name, {"-x", is_c(all[source]) ? "c" : "c++"});
    return out;
  }
  Arguments compile_middle(bool seh) const {
    Arguments out = without_preprocessor_words(middle());
    // Variables live in memory, addressed by the frame pointer: crt/seh.c relies on it.
    if (seh) out.insert(out.end(), {"-O0", "-fno-omit-frame-pointer"});
    return out;
  }

 private:
  Arguments without_preprocessor_words(const std::string& instead_of_source) const {
    Arguments out;
    for (std::size_t i = 0; i < all.size();) {
      const std::size_t words = i == 0 ? 0 : preprocessor_words(all[i]);
      if (words == 0) out.push_back(i == source ? instead_of_source : all[i]);
      i += words == 0 ? 1 : words;
    }
    return out;
  }
};

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool write(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) std::fprintf(stderr, "pin2pin-cc: %s: could not be written\n", file.c_str());
  return !out.fail();
}

/// Runs the command and takes its messages, which it says only if it succeeds.
int run_quietly(const Command& command, Arguments arguments, std::string* messages) {
  const std::string file = command.middle() + ".messages";
  const int status = run(std::move(arguments), file);
  *messages = contents(file);
  std::remove(file.c_str());
  if (status == 0) std::fputs(messages->c_str(), stderr);
  return status;
}

int fail(int status, const std::string& messages) {
  std::fputs(messages.c_str(), stderr);
  return status;
}

/// Leaves the preprocessed source in command.middle().
int preprocess(const Command& command) {
  std::string messages;
  const int status = run_quietly(command, command.preprocess(), &messages);
  if (status == 0) return 0;
  if (!p2p::cc::failed_at_paste(messages)) return fail(status, messages);
  if (const int again = run(command.preprocess_directives()); again != 0) return again;
  const std::string directives = command.middle() + ".directives";
  if (!write(directives, p2p::cc::without_string_pastes(contents(command.middle())))) return 1;
  const int last = run(command.preprocess_macros(directives));
  std::remove(directives.c_str());
  return last;
}

/// Compiles the unit, again for as long as its messages name what Microsoft's compiler would take.
int compile_unit(const Command& command, p2p::cc::Unit& unit, bool seh) {
  for (;;) {
    std::string messages;
    if (unit.edited() && !write(command.middle(), unit.text())) return 1;
    const int status = run_quietly(command, unit.edited() ? command.compile_middle(seh) : command.all, &messages);
    if (status == 0) return 0;
    const bool members = p2p::cc::translate_base_members(unit, messages);
    if (!p2p::cc::translate_overloads(unit, messages) && !members) return fail(status, messages);
  }
}

int compile(const Command& command) {
  if (const int status = preprocess(command); status != 0) return status;
  p2p::cc::Unit unit(contents(command.middle()));
  const bool seh = p2p::cc::translate_seh(unit);
  p2p::cc::translate_spellings(unit);
  p2p::cc::translate_function_names(unit);
  const int status = compile_unit(command, unit, seh);
  if (status == 0 || !unit.edited()) std::remove(command.middle().c_str());
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
