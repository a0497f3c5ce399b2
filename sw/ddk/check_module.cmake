# cmake -DFILE=NAME.so -DTOOL=nm -DABI=ms|sysv -P check_module.cmake
# A driver module may import kernel exports only: a name of the host's C or C++ library would be called in the wrong
# convention, and Windows would not have it.
execute_process(COMMAND ${TOOL} -D --undefined-only ${FILE} OUTPUT_VARIABLE out RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cannot read ${FILE}")
endif()
string(REGEX MATCHALL "[A-Za-z_][A-Za-z0-9_@.]*\n" names "${out}")
list(LENGTH names count)
if(count EQUAL 0)
  message(FATAL_ERROR "${FILE} imports nothing: a driver calls the kernel")
endif()
foreach(name IN LISTS names)
  string(STRIP "${name}" name)
  # Windows kernel exports begin with a capital; the System V flavour leaves memory functions to the host for the sanitizers.
  if(name MATCHES "^(_?[A-Z])" AND NOT name MATCHES "^_(Z|U)")
    continue()
  elseif(ABI STREQUAL "sysv" AND name MATCHES "^(__asan|__ubsan|__sanitizer|mem(cpy|set|move|cmp|chr)(@.*)?$)")
    continue()
  endif()
  message(SEND_ERROR "${FILE} imports '${name}', which is no kernel export")
endforeach()
