/* The product's names as wide literals, for Win32. Windows only. */
#ifndef PG_WIN_NAMES_H
#define PG_WIN_NAMES_H

#include "common/protocol.h"
#include "common/win_utf.h"

#define WIN_SERVICE_NAME WIN_WIDE(PG_SERVICE_NAME)
#define WIN_DISPLAY_NAME WIN_WIDE(PG_DISPLAY_NAME)

#define WIN_PATH_CHARS 32768 /* Windows' own limit of a path */

#endif
