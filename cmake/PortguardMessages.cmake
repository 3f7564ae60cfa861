# The message table: the text of every event, compiled into the service so that
# Event Viewer can render what ReportEvent wrote.

if(WIN32)
  if(MSVC)
    find_program(PG_MC mc REQUIRED)
    set(PG_MC_FLAGS "")
  else()
    find_program(PG_MC x86_64-w64-mingw32-windmc windmc REQUIRED)
    set(PG_MC_FLAGS --ascii_in)
  endif()
endif()

# pg_message_table(<source> <variable>): sets <variable> to the resource script
# made from <source>.
function(pg_message_table source variable)
  get_filename_component(name "${source}" NAME_WE)
  set(out "${PG_GENERATED_DIR}/messages")
  file(MAKE_DIRECTORY "${out}")
  # windmc keeps the line ends of its input in the messages; Event Viewer's are CRLF.
  configure_file("${source}" "${out}/${name}.mc" @ONLY NEWLINE_STYLE CRLF)
  add_custom_command(
    OUTPUT "${out}/${name}.rc" "${out}/${name}.h"
    COMMAND "${PG_MC}" ${PG_MC_FLAGS} -h "${out}" -r "${out}" "${out}/${name}.mc"
    DEPENDS "${out}/${name}.mc"
    COMMENT "Compiling the message table ${name}.mc"
    VERBATIM)
  # The resource compiler reads the .bin files beside the script, which CMake
  # cannot see.
  set_source_files_properties("${out}/${name}.rc" PROPERTIES OBJECT_DEPENDS "${source}")
  set(${variable} "${out}/${name}.rc" PARENT_SCOPE)
endfunction()

function(pg_add_message_table target source)
  if(WIN32)
    pg_message_table("${CMAKE_SOURCE_DIR}/${source}" script)
    target_sources(${target} PRIVATE "${script}")
  endif()
endfunction()
