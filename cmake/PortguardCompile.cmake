# How everything here is compiled and linked, as interface targets:
#   pg_warnings   the warnings, which are errors with PG_WERROR
#   pg_hardening  what the compiler and linker do against memory errors
#   pg_compile    both, plus sanitizers: for every library
#   pg_program    what only a whole program needs at link time
#   pg_system     the operating system's own libraries

add_library(pg_warnings INTERFACE)
add_library(pg_hardening INTERFACE)
add_library(pg_compile INTERFACE)
add_library(pg_program INTERFACE)
add_library(pg_system INTERFACE)
target_link_libraries(pg_compile INTERFACE pg_warnings pg_hardening)

set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(MSVC)
  target_compile_options(pg_warnings INTERFACE /W4 $<$<BOOL:${PG_WERROR}>:/WX>)
else()
  target_compile_options(
    pg_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
                          $<$<BOOL:${PG_WERROR}>:-Werror>)
endif()

if(WIN32)
  target_compile_definitions(
    pg_compile INTERFACE _WIN32_WINNT=0x0A00 WINVER=0x0A00 NTDDI_VERSION=0x0A000006
                         WIN32_LEAN_AND_MEAN NOMINMAX)
  target_link_libraries(pg_system INTERFACE advapi32 httpapi iphlpapi ws2_32 shell32
                                             ole32 uuid)
else()
  target_compile_definitions(pg_compile INTERFACE _GNU_SOURCE)
  target_link_libraries(pg_system INTERFACE m)
endif()

if(MSVC)
  # The last one: in C11 mode <sys/stat.h> would leave out S_IFMT and its kin.
  target_compile_definitions(
    pg_compile INTERFACE _CRT_SECURE_NO_WARNINGS _CRT_NONSTDC_NO_WARNINGS
                         _CRT_DECLARE_NONSTDC_NAMES=1)
  # /Brepro: the same sources give the same bytes, no matter when.
  target_compile_options(pg_compile INTERFACE /utf-8 /sdl /guard:cf /Brepro)
  # 0x800: the implicit imports, too, come from System32 only.
  # RelWithDebInfo would link incrementally, with room for changes in the programs.
  target_link_options(pg_program INTERFACE /guard:cf /DYNAMICBASE /HIGHENTROPYVA
                      /NXCOMPAT /DEPENDENTLOADFLAG:0x800 /INCREMENTAL:NO /OPT:REF
                      /OPT:ICF /Brepro /PDBALTPATH:%_PDB%)
  if(CMAKE_C_COMPILER_ARCHITECTURE_ID STREQUAL "x64")
    target_link_options(pg_program INTERFACE /CETCOMPAT)
  endif()
elseif(WIN32)
  # -static, or the stack protector would import libssp-0.dll from who knows where.
  target_compile_options(pg_hardening INTERFACE -fstack-protector-strong)
  # No folder of the build machine ends up in a program.
  target_compile_options(pg_compile INTERFACE "-ffile-prefix-map=${CMAKE_BINARY_DIR}=build"
                                              "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")
  target_link_options(pg_program INTERFACE -static -fstack-protector-strong
                      -Wl,--dynamicbase,--nxcompat,--high-entropy-va
                      -Wl,--no-insert-timestamp $<$<CONFIG:Release>:-s>)
  # The C11 printf of mingw, so that %zu and %llu mean what they say.
  target_compile_definitions(pg_compile INTERFACE __USE_MINGW_ANSI_STDIO=1)
else()
  target_compile_options(pg_hardening INTERFACE -fstack-protector-strong)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|aarch64")
    target_compile_options(pg_hardening INTERFACE -fstack-clash-protection)
  endif()
  target_link_options(pg_program INTERFACE -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
endif()

# _FORTIFY_SOURCE needs an optimiser, and hides from the sanitizers what it checks.
if(NOT MSVC AND NOT PG_SANITIZE)
  target_compile_options(
    pg_hardening INTERFACE $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
                           $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
endif()

if(PG_SANITIZE)
  set(sanitize -fsanitize=${PG_SANITIZE} -fno-sanitize-recover=all)
  target_compile_options(pg_compile INTERFACE ${sanitize} -fno-omit-frame-pointer)
  target_link_options(pg_compile INTERFACE ${sanitize})
endif()
if(PG_FUZZ)
  # Coverage in the libraries, libFuzzer's main() only in the fuzz targets.
  target_compile_options(pg_compile INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(pg_compile INTERFACE -fsanitize=fuzzer-no-link)
endif()
