# p2p_systemc: the packaged SystemC. libsystemc is built as C++17 and refuses to link with units that claim another
# standard; SC_CPLUSPLUS tells its version check what the library was built with while we compile as C++20.
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)
add_library(p2p_systemc INTERFACE)
target_link_libraries(p2p_systemc INTERFACE PkgConfig::SYSTEMC)
target_compile_definitions(p2p_systemc INTERFACE SC_CPLUSPLUS=201703L SC_INCLUDE_DYNAMIC_PROCESSES)
