#include "service/sources/netsh_labels.h"

void netsh_labels_clear(struct netsh_labels *labels) {
  labels->count = 0; /* not the array: this happens for every block */
  labels->more = false;
}

void netsh_labels_add(struct netsh_labels *labels, struct netsh_slice label) {
  if (labels->count == NETSH_LABELS_MAX)
    labels->more = true;
  else
    labels->at[labels->count++] = label;
}

bool netsh_labels_know(const struct netsh_labels *labels, struct netsh_slice label) {
  for (size_t i = 0; i < labels->count; i++)
    if (netsh_same(labels->at[i], label))
      return true;
  return false;
}

void netsh_labels_learn(struct netsh_labels *labels, struct netsh_slice label) {
  if (!netsh_labels_know(labels, label))
    netsh_labels_add(labels, label);
}

bool netsh_labels_equal(const struct netsh_labels *a, const struct netsh_labels *b) {
  bool same = a->count == b->count && !a->more && !b->more;
  for (size_t i = 0; same && i < a->count; i++)
    same = netsh_same(a->at[i], b->at[i]);
  return same;
}
