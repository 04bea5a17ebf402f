# Writes the commit that is being built to OUTPUT, if it changed since the last time.
execute_process(COMMAND git describe --always --dirty --abbrev=12 WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE hash OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT hash)
  set(hash "unknown")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define BAYRES_GIT_HASH \"${hash}\"\n")
