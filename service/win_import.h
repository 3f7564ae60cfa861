/* Where the installer leaves the path it was given as CONFIG. Windows only. */
#ifndef PG_WIN_IMPORT_H
#define PG_WIN_IMPORT_H

#include "service/config_import.h"

/* Looks into the registry; an empty value, which the installer writes without CONFIG, is
 * removed at once. |out->path| is the caller's to free. */
void win_import_look(struct config_import *out);

#endif
