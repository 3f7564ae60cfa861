/* What main.c asks of the system it runs on: win_*.c or posix_platform.c. All
 * return an exit code of the program and say on stderr what went wrong. */
#ifndef PG_PLATFORM_H
#define PG_PLATFORM_H

#include "common/error.h"
#include "service/loop.h"

#include <stdbool.h>

/* First line of the program: DLL search, mitigations, UTF-8 console. |argc| and
 * |argv| become UTF-8. */
void platform_start(int *argc, char ***argv);

/* Runs under the SCM until it says stop. Started from a console, it says what to
 * type instead. Not on Linux: usage. */
int platform_service_main(void);

/* Registers, or removes, the service, its recovery actions, description and
 * event source. Elevated; Windows only. Both may be repeated. */
int platform_install(void);
int platform_uninstall(void);

/* The first Ctrl+C or console close (SIGINT or SIGTERM) calls loop_stop(loop);
 * NULL once the loop has ended. */
void platform_stop_on_signals(struct loop *loop);

/* False for the product's own pipe names, which `run` must not take. */
bool platform_pipe_name_allowed(const char *name);

/* Bytes of memory in use by this process and open handles (files), 0 when not
 * known: for `health`. */
void platform_usage(uint64_t *resident_bytes, uint64_t *handles);

/* Ends the process at once, whatever its threads are doing. */
_Noreturn void platform_end(int code);

#endif
