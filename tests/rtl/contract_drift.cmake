# Compiles the register contract against copies of sw/driver/vcap_hw.h in which values were changed: each change must fail
# the build and be named. Arguments: CXX, SOURCE_DIR, INCLUDES (separated by colons), WORK_DIR.
file(READ ${SOURCE_DIR}/sw/driver/vcap_hw.h header)
string(REPLACE ":" ";-isystem;" includes "${INCLUDES}")

# compile(name text): sets `failed` and `output`.
function(compile name text)
  file(WRITE ${WORK_DIR}/${name}/sw/driver/vcap_hw.h "${text}")
  execute_process(
    COMMAND ${CXX} -std=gnu++20 -fsyntax-only -I${WORK_DIR}/${name} -I${SOURCE_DIR} -isystem ${includes}
      ${SOURCE_DIR}/tb/register_contract.cpp
    RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
  set(failed ${result} PARENT_SCOPE)
  set(output "${out}" PARENT_SCOPE)
endfunction()

function(expect_message what)
  if(NOT output MATCHES "static assertion failed[^\n]*\n[^\n]*${what}" AND NOT output MATCHES "static_assert[^\n]*${what}")
    message(FATAL_ERROR "no failed static_assert names ${what}:\n${output}")
  endif()
endfunction()

compile(same "${header}")
if(failed)
  message(FATAL_ERROR "the unchanged header does not compile:\n${output}")
endif()

# One value: one failure, that one.
string(REPLACE "#define VCAP_RING_TAIL 0x060" "#define VCAP_RING_TAIL 0x064" text "${header}")
compile(one "${text}")
if(NOT failed)
  message(FATAL_ERROR "a drifted VCAP_RING_TAIL compiles")
endif()
expect_message("Rtl::RING_TAIL == VCAP_RING_TAIL")
string(REGEX MATCHALL "error: static assertion failed" errors "${output}")
list(LENGTH errors count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "${count} failures for one change:\n${output}")
endif()
message("${output}")

# Every value the chip knows: each is named. What is left out only software uses.
set(text "${header}")
string(REGEX MATCHALL "#define VCAP_[A-Z0-9_]+ (0x[0-9A-Fa-f]+u?|[0-9]+|\\(1u << [0-9]+\\))" values "${header}")
set(names)
foreach(value IN LISTS values)
  string(REGEX REPLACE "#define (VCAP_[A-Z0-9_]+) .*" "\\1" name "${value}")
  if(name MATCHES "VCAP_PCI_|VCAP_DESC_COOKIE_SHIFT|VCAP_DESC_MAX_LENGTH|VCAP_RING_ALIGNMENT")
    continue()
  endif()
  list(APPEND names ${name})
  string(REGEX REPLACE "(#define ${name}) ([^\n]*)" "\\1 (\\2 + 1)" text "${text}")
endforeach()
list(LENGTH names count)
if(count LESS 60)
  message(FATAL_ERROR "only ${count} values found in the header")
endif()
foreach(field IN ITEMS "unsigned int Length" "unsigned short Cookie" "unsigned int Sequence")
  string(REPLACE "${field};" "char Drift; ${field};" text "${text}")
endforeach()
compile(all "${text}")
foreach(name IN LISTS names)
  expect_message("== ${name}[^A-Z0-9_]")
endforeach()
expect_message("sizeof\\(VCAP_DESCRIPTOR\\)")
expect_message("offsetof\\(VCAP_DESCRIPTOR, Length\\)")
expect_message("offsetof\\(VCAP_COMPLETION, Bytes\\)")
