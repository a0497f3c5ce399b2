# The installation: the program, the reference driver, and what pin2pin_add_driver() needs outside this tree. Nothing in it
# knows where it lies. All of it is the component "pin2pin".
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(P2P_INSTALL_CMAKE ${CMAKE_INSTALL_LIBDIR}/cmake/pin2pin)

install(TARGETS p2p_ddk_driver p2p_ddk_crt p2p_ksguid EXPORT pin2pinTargets
  ARCHIVE DESTINATION ${P2P_INSTALL_LIB} COMPONENT pin2pin)
install(TARGETS pin2pin_cc EXPORT pin2pinTargets RUNTIME DESTINATION libexec/pin2pin COMPONENT pin2pin)
install(FILES ${CMAKE_SOURCE_DIR}/tb/debug/pin2pin_gdb.py DESTINATION share/pin2pin COMPONENT pin2pin)
install(TARGETS pin2pin EXPORT pin2pinTargets RUNTIME DESTINATION bin COMPONENT pin2pin)
install(EXPORT pin2pinTargets NAMESPACE pin2pin:: DESTINATION ${P2P_INSTALL_CMAKE} COMPONENT pin2pin)
install(TARGETS vcapdrv LIBRARY DESTINATION ${P2P_INSTALL_DRIVERS} COMPONENT pin2pin)

install(DIRECTORY ${P2P_DDK_DIR}/include ${P2P_DDK_DIR}/extras ${P2P_DDK_DIR}/cross DESTINATION ${P2P_INSTALL_DDK}
  COMPONENT pin2pin)
install(DIRECTORY ${P2P_DDK_GENERATED}/ DESTINATION ${P2P_INSTALL_DDK}/generated COMPONENT pin2pin)
install(FILES ${P2P_DDK_DIR}/P2pDriver.cmake ${P2P_DDK_DIR}/check_module.cmake ${P2P_DDK_DIR}/check_sys.cmake
  ${P2P_DDK_DIR}/driver.map DESTINATION ${P2P_INSTALL_DDK} COMPONENT pin2pin)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/pin2pinConfig.cmake.in ${CMAKE_BINARY_DIR}/pin2pinConfig.cmake
  INSTALL_DESTINATION ${P2P_INSTALL_CMAKE} PATH_VARS P2P_INSTALL_CC P2P_INSTALL_DDK)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/pin2pinConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/pin2pinConfig.cmake ${CMAKE_BINARY_DIR}/pin2pinConfigVersion.cmake
  DESTINATION ${P2P_INSTALL_CMAKE} COMPONENT pin2pin)

# The flags of pin2pin::driver, with pkg-config's own variables for folders.
configure_file(${CMAKE_CURRENT_LIST_DIR}/pin2pin.pc.in ${CMAKE_BINARY_DIR}/pin2pin.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/pin2pin.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT pin2pin)
