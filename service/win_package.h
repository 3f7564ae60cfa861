/* What the package and the service tell each other in a key of the registry that the
 * package makes and removes. Windows only. */
#ifndef PG_WIN_PACKAGE_H
#define PG_WIN_PACKAGE_H

#include "service/config_import.h"

/* Whether it was given a file as CONFIG; an empty value, which it writes without CONFIG,
 * is removed at once. |out->path| is the caller's to free. */
void win_package_import(struct config_import *out);

/* |folder| is trusted, and the package, when it is removed, takes along what the service
 * gathered there; NULL: none is, and nothing is deleted where others may have put links.
 * Does nothing where the package has not been installed. */
void win_package_tell_folder(const char *folder);

#endif
