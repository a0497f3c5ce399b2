# cmake -DBUILD=… -DSOURCE=… -DSCRATCH=… -DGENERATOR=… -P install_test.cmake
# Installs, moves the prefix, builds consumer/ against it, and runs its driver with the installed program.
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${what} failed (${status}):\n${out}\n${err}")
  endif()
  set(out "${out}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
set(ENV{DESTDIR} "")
run("installing" ${CMAKE_COMMAND} --install ${BUILD} --component pin2pin --prefix ${SCRATCH}/prefix)
set(prefix ${SCRATCH}/moved)
file(RENAME ${SCRATCH}/prefix ${prefix})

# Nothing may name where it was built or installed first.
file(GLOB_RECURSE texts ${prefix}/*.cmake ${prefix}/*.pc ${prefix}/*.h)
foreach(text IN LISTS texts)
  file(READ ${text} content)
  foreach(path ${BUILD} ${SOURCE}/ ${SCRATCH}/prefix)
    string(FIND "${content}" "${path}" found)
    if(NOT found EQUAL -1)
      message(SEND_ERROR "${text} names ${path}: the installation cannot be moved")
    endif()
  endforeach()
endforeach()

# A project of its own, with a driver of each language.
file(COPY ${CMAKE_CURRENT_LIST_DIR}/consumer DESTINATION ${SCRATCH})
file(COPY ${SOURCE}/examples/filter_source/filter_source.cpp DESTINATION ${SCRATCH}/consumer)
run("configuring" ${CMAKE_COMMAND} -G ${GENERATOR} -S ${SCRATCH}/consumer -B ${SCRATCH}/consumer/build
  -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_BUILD_TYPE=Release)
run("building" ${CMAKE_COMMAND} --build ${SCRATCH}/consumer/build)

# The program finds the driver where pin2pin_add_driver has put it, and the reference driver where it is installed.
run("streaming" ${CMAKE_COMMAND} -E chdir ${SCRATCH}/consumer/build ${prefix}/bin/pin2pin run --device none
  --driver consumer --frames 5 --out ${SCRATCH}/out)
file(READ ${SCRATCH}/out/summary.json summary)
string(JSON status GET "${summary}" status)
string(JSON delivered GET "${summary}" frames delivered)
if(NOT status STREQUAL "pass" OR NOT delivered EQUAL 5)
  message(SEND_ERROR "the driver's run: ${status}, ${delivered} frames of 5")
endif()
run("streaming without optimisation" ${CMAKE_COMMAND} -E chdir ${SCRATCH}/consumer/build ${prefix}/bin/pin2pin run
  --device none --driver debugged --frames 5 --out ${SCRATCH}/debugged)
run("the reference driver" ${prefix}/bin/pin2pin run --size 64x48 --frames 2 --out ${SCRATCH}/chip)

# pkg-config's flags compile and link a driver too.
find_program(PKG_CONFIG pkg-config)
if(PKG_CONFIG)
  set(ENV{PKG_CONFIG_PATH} ${prefix}/lib/pkgconfig)
  run("pkg-config --cflags" ${PKG_CONFIG} --cflags pin2pin)
  separate_arguments(flags UNIX_COMMAND "${out}")
  run("pkg-config --libs" ${PKG_CONFIG} --libs pin2pin)
  separate_arguments(libraries UNIX_COMMAND "${out}")
  run("pkg-config --variable=cc" ${PKG_CONFIG} --variable=cc pin2pin)
  string(STRIP "${out}" cc)
  run("compiling by hand" ${cc} cc ${flags} -c ${SCRATCH}/consumer/guard.c -o ${SCRATCH}/guard.o)
  run("compiling by hand" ${cc} c++ -fno-rtti ${flags} -c ${SCRATCH}/consumer/filter_source.cpp -o ${SCRATCH}/filter_source.o)
  run("linking by hand" c++ -shared -nostdlib -Wl,-Bsymbolic -o ${SCRATCH}/by_hand.so ${SCRATCH}/filter_source.o
    ${SCRATCH}/guard.o ${libraries})
  run("streaming what was compiled by hand" ${prefix}/bin/pin2pin run --device none --driver ${SCRATCH}/by_hand.so
    --frames 5 --out ${SCRATCH}/by_hand)
endif()
file(REMOVE_RECURSE ${SCRATCH})
