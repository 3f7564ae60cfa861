# pg_sources(<variable> <glob>...): the sources of this platform. A win_*.c file
# belongs to Windows, a posix_*.c file to everything else; code has no other
# way to choose.
function(pg_sources variable)
  file(GLOB found CONFIGURE_DEPENDS LIST_DIRECTORIES false ${ARGN})
  if(WIN32)
    list(FILTER found EXCLUDE REGEX "/posix_[^/]*$")
  else()
    list(FILTER found EXCLUDE REGEX "/win_[^/]*$")
  endif()
  set(${variable} ${found} PARENT_SCOPE)
endfunction()
