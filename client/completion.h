/* The script that has PowerShell complete command lines of portguardctl, made from the
 * client's own tables of verbs and options. Pure. */
#ifndef PG_COMPLETION_H
#define PG_COMPLETION_H

#include "common/text.h"

void completion_powershell(struct pg_text *out);

#endif
