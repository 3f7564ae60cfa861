/* Group Policy's values in the registry. Windows only. */
#ifndef PG_WIN_GROUP_POLICY_H
#define PG_WIN_GROUP_POLICY_H

#include "service/policy/group_policy.h"

/* False: no memory. */
bool win_group_policy_open(struct group_policy_source *out);

#endif
