# The installed package: `find_package(touchstone)` gives touchstone::base … touchstone::report (tests/consumer uses it).
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/touchstone)
install(EXPORT touchstone NAMESPACE touchstone:: DESTINATION ${package_dir})
configure_package_config_file(cmake/touchstone-config.cmake.in touchstone-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(touchstone-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/touchstone-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/touchstone-config-version.cmake DESTINATION ${package_dir})
install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
