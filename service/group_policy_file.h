/* A file in the place of Group Policy's registry key, for development. */
#ifndef PG_GROUP_POLICY_FILE_H
#define PG_GROUP_POLICY_FILE_H

#include "service/policy/group_policy.h"

/* |path| must outlive the source, and need not exist: then nothing is said. The text is
 * that of group_policy_read_text. */
void group_policy_file_open(struct group_policy_source *out, const char *path);

#endif
