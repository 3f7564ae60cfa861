/* A configuration that the installer was given (CONFIG=path): imported once, when the
 * service starts, into config.json of the trusted folder. */
#ifndef PG_CONFIG_IMPORT_H
#define PG_CONFIG_IMPORT_H

#include "common/error.h"
#include "service/files/files.h"

#include <stdbool.h>

struct loop;

/* Beside config.json: what an import has replaced. An earlier one of that name goes. */
#define CONFIG_IMPORT_KEPT "config.before-import.json"

/* What the platform found. */
struct config_import {
  char *path;           /* malloc'ed, the caller's; NULL: nothing */
  bool refused;         /* by config_import_is_local */
  void (*forget)(void); /* it is not to be tried again */
};

/* Whether Windows would look for |path| on this machine's own drives, and nowhere else
 * whatever the current folder is: "C:\…", without a stream and without "..". Pure. */
bool config_import_is_local(const char *path);

/* |name| of |files| becomes what the file |path| says, if that is a configuration
 * (config.h) in a file that is trusted like those of the folder. Another one that was
 * there is kept as CONFIG_IMPORT_KEPT. Waits PG_IMPORT_MS for |path| at most, and a
 * thread that hangs in it is left alone: it ends with the process. Errors, with |name| as
 * it was: PG_E_REFUSED, PG_E_NOTFOUND, PG_E_FORMAT, PG_E_TOOBIG (of either file),
 * PG_E_TIMEOUT, PG_E_IO, PG_E_NOMEM. */
enum pg_error config_import(struct files *files, const char *name, const char *path,
                            struct pg_fault *fault);

/* Before the loop runs and the configuration is read for the first time: imports what
 * there is, writes event 1003 if that failed, and forgets it, unless what failed may pass
 * (files_may_pass): then a later start tries again. Without a folder it waits for a start
 * that has one, too: that it is missing is told anyway. */
void config_import_run(struct loop *loop);

#endif
