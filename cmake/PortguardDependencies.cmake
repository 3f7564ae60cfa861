# The dependencies as pg_uv, pg_cjson, pg_sqlite, pg_getopt and pg_cmocka, wherever
# they come from: Debian's -dev packages, the prefix that scripts/deps builds for
# mingw, or vcpkg for MSVC. Only these names are used elsewhere.

add_library(pg_uv INTERFACE)
add_library(pg_cjson INTERFACE)
add_library(pg_sqlite INTERFACE)
add_library(pg_getopt INTERFACE)
add_library(pg_cmocka INTERFACE)

function(pg_from_vcpkg)
  find_package(libuv CONFIG REQUIRED)
  target_link_libraries(
    pg_uv INTERFACE $<IF:$<TARGET_EXISTS:libuv::uv_a>,libuv::uv_a,libuv::uv>)

  find_package(cJSON CONFIG REQUIRED)
  find_path(PG_CJSON_INCLUDE cJSON.h PATH_SUFFIXES cjson REQUIRED)
  target_include_directories(pg_cjson SYSTEM INTERFACE "${PG_CJSON_INCLUDE}")
  target_link_libraries(pg_cjson INTERFACE cjson)

  find_package(unofficial-sqlite3 CONFIG REQUIRED)
  target_link_libraries(pg_sqlite INTERFACE unofficial::sqlite3::sqlite3)

  find_package(unofficial-getopt-win32 CONFIG REQUIRED)
  target_link_libraries(pg_getopt INTERFACE unofficial::getopt-win32::getopt)

  if(BUILD_TESTING)
    find_package(cmocka CONFIG REQUIRED)
    target_link_libraries(pg_cmocka INTERFACE cmocka::cmocka)
  endif()
endfunction()

# Only static libraries count: a DLL beside the program would have to be trusted.
function(pg_from_mingw_prefix)
  set(uv_names libuv_a.a libuv.a)
  set(cjson_names libcjson.a)
  set(sqlite_names libsqlite3.a)
  set(cmocka_names libcmocka-static.a libcmocka.a)
  foreach(name uv cjson sqlite cmocka)
    find_library(PG_${name}_LIBRARY NAMES ${${name}_names} NAMES_PER_DIR
                 PATHS "${PG_MINGW_PREFIX}/lib" NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
    if(NOT PG_${name}_LIBRARY)
      message(FATAL_ERROR "${name} for Windows is not in ${PG_MINGW_PREFIX}.\n"
                          "Run: scripts/deps build")
    endif()
    target_include_directories(pg_${name} SYSTEM INTERFACE "${PG_MINGW_PREFIX}/include")
    target_link_libraries(pg_${name} INTERFACE "${PG_${name}_LIBRARY}")
  endforeach()
  target_include_directories(pg_cjson SYSTEM INTERFACE "${PG_MINGW_PREFIX}/include/cjson")
  target_link_libraries(pg_uv INTERFACE psapi user32 advapi32 iphlpapi userenv ws2_32
                                        dbghelp ole32 shell32)
endfunction()

function(pg_from_pkg_config)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
  pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
  pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
  target_link_libraries(pg_uv INTERFACE PkgConfig::UV)
  target_link_libraries(pg_cjson INTERFACE PkgConfig::CJSON)
  target_link_libraries(pg_sqlite INTERFACE PkgConfig::SQLITE)
  if(BUILD_TESTING)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
    target_link_libraries(pg_cmocka INTERFACE PkgConfig::CMOCKA)
  endif()
endfunction()

if(WIN32)
  # Otherwise cJSON's header marks its functions for export from a DLL.
  target_compile_definitions(pg_cjson INTERFACE CJSON_HIDE_SYMBOLS)
endif()

if(MSVC)
  pg_from_vcpkg()
elseif(WIN32)
  pg_from_mingw_prefix()
else()
  pg_from_pkg_config()
endif()
