/* Words that are looked for again: service names, queue names, URLs. Without
 * regard to the case of ASCII letters, as Windows compares them. */
#ifndef PG_NETSH_KEYS_H
#define PG_NETSH_KEYS_H

#include "service/sources/netsh_lines.h"

struct netsh_key {
  uint64_t hash;
  struct netsh_slice word;
  size_t owner, item; /* the caller's own */
};

struct netsh_key netsh_key(struct netsh_slice word, size_t owner, size_t item);
/* Equal words side by side, by owner and item. False: no memory. */
bool netsh_keys_sort(struct netsh_key *keys, size_t count);
/* The first with this word in sorted keys, or NULL. */
struct netsh_key *netsh_keys_find(struct netsh_key *keys, size_t count,
                                  struct netsh_slice word);
/* Where the run of equal words that starts at |first| ends. */
size_t netsh_keys_run(const struct netsh_key *keys, size_t count, size_t first);

#endif
