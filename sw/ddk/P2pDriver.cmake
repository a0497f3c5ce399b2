# pin2pin_add_driver(NAME [SOURCES] FILE... [INCLUDES FOLDER...] [DEFINITIONS MACRO[=VALUE]...] [NO_SYS])
# Builds a Windows kernel driver from its sources, twice:
#  - lib/drivers/NAME.so, a module for the simulated kernel. Only DriverEntry is visible; kernel exports come from the
#    program that loads it (see p2p_export_kernel); the C runtime and GUIDs are bound inside.
#  - where a cross compiler is installed, drivers/NAME.sys, a Windows driver from the same sources (target NAME_sys).
# Tests check that the module needs nothing of the host's libraries, and the .sys nothing but ks, ntoskrnl and hal.
# Internal cache entries: the functions below run in other folders.
set(P2P_DDK_DIR ${CMAKE_CURRENT_LIST_DIR} CACHE INTERNAL "")
set(P2P_DRIVER_DIR ${CMAKE_BINARY_DIR}/lib/drivers CACHE INTERNAL "")
find_program(P2P_CROSS_CXX x86_64-w64-mingw32-g++)
find_program(P2P_CROSS_OBJDUMP x86_64-w64-mingw32-objdump)
find_program(P2P_CROSS_DLLTOOL x86_64-w64-mingw32-dlltool)
find_program(P2P_NM nm REQUIRED)

# Import library for kernel exports newer than mingw-w64's own list.
if(P2P_CROSS_CXX AND P2P_CROSS_DLLTOOL)
  set(P2P_CROSS_DIR ${CMAKE_BINARY_DIR}/ddk-cross CACHE INTERNAL "")
  file(MAKE_DIRECTORY ${P2P_CROSS_DIR})
  set(P2P_CROSS_IMPORTS ${P2P_CROSS_DIR}/libp2p_ntoskrnl_new.a CACHE INTERNAL "")
  add_custom_command(OUTPUT ${P2P_CROSS_IMPORTS}
    COMMAND ${P2P_CROSS_DLLTOOL} -m i386:x86-64 -d ${P2P_DDK_DIR}/cross/ntoskrnl_new.def -l ${P2P_CROSS_IMPORTS}
    DEPENDS ${P2P_DDK_DIR}/cross/ntoskrnl_new.def VERBATIM)
  add_custom_target(p2p_cross_imports DEPENDS ${P2P_CROSS_IMPORTS})
  set(P2P_CROSS_FLAGS -O2 -ffreestanding -fno-strict-aliasing -fno-exceptions -fno-asynchronous-unwind-tables
    -fno-stack-protector -fno-ident -mno-stack-arg-probe -Wno-unknown-pragmas -Wno-multichar
    -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A000000
    -include ${P2P_DDK_DIR}/cross/p2p_cross_prefix.h
    -isystem ${P2P_DDK_DIR}/cross -isystem ${P2P_DDK_DIR}/extras -isystem ${P2P_MINGW_INCLUDE}/ddk CACHE INTERNAL "")
  set(P2P_CROSS_CXX_FLAGS -std=gnu++20 -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit -fcheck-new CACHE INTERNAL "")
else()
  message(STATUS "sw/ddk: no x86_64-w64-mingw32-g++; drivers are not cross-compiled to .sys")
endif()

# Lets `target`, an executable, serve drivers: every member of the named static libraries is linked and exported.
function(p2p_export_kernel target)
  foreach(library IN LISTS ARGN)
    target_link_libraries(${target} PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,${library}>)
  endforeach()
  set_target_properties(${target} PROPERTIES ENABLE_EXPORTS ON)
  target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS})
endfunction()

function(p2p_add_driver_sys name sources)
  set(objects)
  foreach(source IN LISTS sources)
    get_filename_component(path ${source} ABSOLUTE)
    get_filename_component(file ${source} NAME)
    set(object ${P2P_CROSS_DIR}/${name}/${file}.o)
    if(path MATCHES "\\.c$")
      set(language_flags -x c -std=gnu17)
    else()
      set(language_flags ${P2P_CROSS_CXX_FLAGS})
    endif()
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${P2P_CROSS_DIR}/${name}
      COMMAND ${P2P_CROSS_CXX} ${language_flags} ${P2P_CROSS_FLAGS} ${ARGN} -MD -MF ${object}.d -c ${path} -o ${object}
      DEPENDS ${path} ${P2P_DDK_DIR}/cross/p2p_cross_prefix.h DEPFILE ${object}.d
      COMMENT "Cross-compiling ${file}" VERBATIM COMMAND_EXPAND_LISTS)
    list(APPEND objects ${object})
  endforeach()
  set(sys ${CMAKE_BINARY_DIR}/drivers/${name}.sys)
  add_custom_command(OUTPUT ${sys}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/drivers
    COMMAND ${P2P_CROSS_CXX} -shared -nostdlib -s -Wl,--subsystem,native -Wl,-e,DriverEntry -Wl,--exclude-all-symbols
      -Wl,--dynamicbase -Wl,--nxcompat -Wl,--no-insert-timestamp -o ${sys} ${objects}
      -lks -lksguid ${P2P_CROSS_IMPORTS} -lntoskrnl -lhal -lgcc
    DEPENDS ${objects} ${P2P_CROSS_IMPORTS} COMMENT "Linking Windows driver ${name}.sys" VERBATIM)
  add_custom_target(${name}_sys ALL DEPENDS ${sys})
  add_dependencies(${name}_sys p2p_cross_imports)
  add_test(NAME driver.${name}.sys_imports COMMAND ${CMAKE_COMMAND} -DFILE=${sys} -DTOOL=${P2P_CROSS_OBJDUMP}
    -P ${P2P_DDK_DIR}/check_sys.cmake)
  set_tests_properties(driver.${name}.sys_imports PROPERTIES LABELS driver)
endfunction()

# True in `result` if a source says __try, which the cross compiler does not know.
function(p2p_uses_seh result sources)
  set(${result} FALSE PARENT_SCOPE)
  foreach(source IN LISTS sources)
    get_filename_component(path ${source} ABSOLUTE)
    file(STRINGS ${path} lines REGEX "(^|[^A-Za-z0-9_])__?try($|[^A-Za-z0-9_])" LIMIT_COUNT 1)
    if(lines)
      set(${result} TRUE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# Windows finds headers whatever the case of their names. For each header that a file of these folders names in another
# case than its own, a header of that name that includes it, in the folder `result`; empty if there is none.
function(p2p_forward_other_cases result name folders)
  set(forward ${CMAKE_CURRENT_BINARY_DIR}/${name}-headers)
  file(REMOVE_RECURSE ${forward})
  set(${result} "" PARENT_SCOPE)
  foreach(folder IN LISTS folders)
    file(GLOB files LIST_DIRECTORIES FALSE ${folder}/*.[hHcC] ${folder}/*.[hHcC]?? ${folder}/*.inl)
    foreach(file IN LISTS files)
      file(STRINGS ${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*\"[^\"/\\\\]+\"")
      foreach(line IN LISTS lines)
        string(REGEX REPLACE "^[^\"]*\"([^\"]*)\".*$" "\\1" wanted "${line}")
        p2p_find_other_case(found ${wanted} "${folders}")
        if(found)
          file(WRITE ${forward}/${wanted} "#include \"${found}\"\n")
          set(${result} ${forward} PARENT_SCOPE)
        endif()
      endforeach()
    endforeach()
  endforeach()
endfunction()

# The file of `folders` that has the name in another case; empty if one has it as it is, or none has.
function(p2p_find_other_case result wanted folders)
  set(${result} "" PARENT_SCOPE)
  string(TOLOWER ${wanted} lower)
  foreach(folder IN LISTS folders)
    if(EXISTS ${folder}/${wanted})
      return()
    endif()
  endforeach()
  foreach(folder IN LISTS folders)
    file(GLOB entries RELATIVE ${folder} ${folder}/*)
    foreach(entry IN LISTS entries)
      string(TOLOWER ${entry} entry_lower)
      if(entry_lower STREQUAL lower)
        set(${result} ${folder}/${entry} PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
endfunction()

# On Windows `long` has 4 bytes, here 8: sources say LONG.
function(p2p_warn_about_long source)
  set(word "(^|[^A-Za-z0-9_])long[^A-Za-z0-9_]")
  file(STRINGS ${source} lines REGEX "${word}")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "\"[^\"]*\"|//.*" "" line "${line}")
    if(NOT line MATCHES "${word}")
      continue()
    endif()
    if(line MATCHES "^[ \t]*(//|/?\\*)" OR line MATCHES "long[ \t]+long")
      continue()
    endif()
    message(WARNING "${source}: 'long' has 8 bytes here and 4 on Windows, write LONG: ${line}")
  endforeach()
endfunction()

function(pin2pin_add_driver name)
  cmake_parse_arguments(ARG "NO_SYS" "" "SOURCES;INCLUDES;DEFINITIONS" ${ARGN})
  set(sources ${ARG_SOURCES} ${ARG_UNPARSED_ARGUMENTS})
  if(NOT sources)
    message(FATAL_ERROR "pin2pin_add_driver(${name}): no sources; expected SOURCES file.cpp ...")
  endif()
  set(folders)
  foreach(source IN LISTS sources)
    get_filename_component(path ${source} ABSOLUTE)
    p2p_warn_about_long(${path})
    get_filename_component(folder ${path} DIRECTORY)
    list(APPEND folders ${folder})
  endforeach()
  add_library(${name} MODULE ${sources})
  target_link_libraries(${name} PRIVATE pin2pin::driver pin2pin::driver_crt pin2pin::ksguid)
  target_include_directories(${name} PRIVATE ${ARG_INCLUDES})
  if(NOT P2P_DRIVERS_ARE_PLAIN)
    foreach(include IN LISTS ARG_INCLUDES)
      get_filename_component(folder ${include} ABSOLUTE)
      list(APPEND folders ${folder})
    endforeach()
    list(REMOVE_DUPLICATES folders)
    p2p_forward_other_cases(headers ${name} "${folders}")
    if(headers)
      target_include_directories(${name} PRIVATE ${headers})
      list(APPEND ARG_INCLUDES ${headers})
    endif()
  endif()
  target_compile_definitions(${name} PRIVATE ${ARG_DEFINITIONS})
  target_compile_options(${name} PRIVATE -fno-semantic-interposition)
  target_link_options(${name} PRIVATE -nostdlib -Wl,-Bsymbolic -Wl,-u,__cxa_pure_virtual -Wl,--exclude-libs,ALL
    -Wl,--version-script=${P2P_DDK_DIR}/driver.map)
  # P2P_DRIVERS_ARE_PLAIN in a folder says that its drivers are written for this compiler: that saves preprocessing twice.
  if(NOT P2P_DRIVERS_ARE_PLAIN)
    foreach(language C CXX)
      set_property(TARGET ${name} PROPERTY ${language}_COMPILER_LAUNCHER ${P2P_DRIVER_CC} ${CMAKE_${language}_COMPILER_LAUNCHER})
    endforeach()
    if(TARGET pin2pin_cc)
      add_dependencies(${name} pin2pin_cc)
    endif()
  endif()
  if(P2P_SANITIZE)
    target_compile_options(${name} PRIVATE -fsanitize=${P2P_SANITIZE} -fno-sanitize-recover=all -fno-sanitize=vptr
      -fno-omit-frame-pointer)
  endif()
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY ${P2P_DRIVER_DIR}
    LINK_DEPENDS ${P2P_DDK_DIR}/driver.map)
  if(P2P_BUILD_TESTS)
    add_test(NAME driver.${name}.module_imports COMMAND ${CMAKE_COMMAND} -DFILE=$<TARGET_FILE:${name}> -DTOOL=${P2P_NM}
      -DABI=${P2P_DRIVER_ABI} -P ${P2P_DDK_DIR}/check_module.cmake)
    set_tests_properties(driver.${name}.module_imports PROPERTIES LABELS driver)
  endif()
  p2p_uses_seh(seh "${sources}")
  if(seh AND NOT ARG_NO_SYS)
    message(STATUS "${name}: no ${name}.sys, GCC for Windows does not know __try")
    set(ARG_NO_SYS TRUE)
  endif()
  if(P2P_CROSS_CXX AND P2P_CROSS_DLLTOOL AND NOT ARG_NO_SYS)
    list(TRANSFORM ARG_INCLUDES PREPEND -I)
    list(TRANSFORM ARG_DEFINITIONS PREPEND -D)
    p2p_add_driver_sys(${name} "${sources}" ${ARG_INCLUDES} ${ARG_DEFINITIONS})
  endif()
endfunction()
