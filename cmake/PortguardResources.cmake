# What Windows reads out of a program without running it: version, icon, and the
# manifest that says how the program is to be run.

file(STRINGS "${CMAKE_SOURCE_DIR}/LICENSE" PG_COPYRIGHT REGEX "^Copyright" LIMIT_COUNT 1)

# pg_add_resources(<target> <description>): <description> is what the task manager
# and the file's properties show.
function(pg_add_resources target description)
  if(NOT WIN32)
    return()
  endif()
  set(PG_PROGRAM "${target}")
  set(PG_PROGRAM_DESCRIPTION "${description}")
  set(out "${PG_GENERATED_DIR}/${target}")
  configure_file(resources/program.manifest.in "${out}.manifest" @ONLY)
  configure_file(resources/program.rc.in "${out}.rc" @ONLY)
  set_source_files_properties(
    "${out}.rc" PROPERTIES OBJECT_DEPENDS
                           "${out}.manifest;${CMAKE_SOURCE_DIR}/resources/portguard.ico")
  target_sources(${target} PRIVATE "${out}.rc")
  if(MSVC)
    # The linker's own manifest would be a second one.
    target_link_options(${target} PRIVATE /MANIFEST:NO)
  endif()
endfunction()
