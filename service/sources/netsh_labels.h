/* Short lists of labels, by what they say, in whatever language. */
#ifndef PG_NETSH_LABELS_H
#define PG_NETSH_LABELS_H

#include "service/sources/netsh_lines.h"

#define NETSH_LABELS_MAX 32

struct netsh_labels {
  struct netsh_slice at[NETSH_LABELS_MAX];
  size_t count;
  bool more; /* there was no room for all */
};

void netsh_labels_clear(struct netsh_labels *labels);
void netsh_labels_add(struct netsh_labels *labels, struct netsh_slice label);
/* Adds it unless it is there. */
void netsh_labels_learn(struct netsh_labels *labels, struct netsh_slice label);
bool netsh_labels_know(const struct netsh_labels *labels, struct netsh_slice label);
/* The same labels in the same order. Lists with |more| are like no other. */
bool netsh_labels_equal(const struct netsh_labels *a, const struct netsh_labels *b);

#endif
