/* Two sorted port lists, walked side by side. */
#include "service/snapshot/diff.h"

#include <string.h>

struct walk {
  const struct pg_snapshot *before, *after;
  void (*each)(void *context, const struct pg_change *change);
  void *context;
};

const char *pg_change_name(enum pg_change_kind kind) {
  static const char *const names[] = {
#define X(name, text) text,
      PG_CHANGE_LIST(X)
#undef X
  };
  return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}

static void tell(const struct walk *walk, enum pg_change_kind kind, uint16_t port,
                 const struct pg_port *before, const struct pg_port *after) {
  struct pg_change change = {
      .kind = kind, .port = port, .before = before, .after = after};
  walk->each(walk->context, &change);
}

/* Has anyone been told of this port? Until then its holder is still looked for. */
static bool told(const struct pg_port *port) {
  return port->reported != NULL || !port->pending;
}

static bool same_holders(const struct pg_port *a, const struct pg_port *b) {
  const char *left = a->reported != NULL ? a->reported : "";
  const char *right = b->reported != NULL ? b->reported : "";
  return strcmp(left, right) == 0;
}

/* Could |other| have seen all that |port| has? A table that could not be read
 * lists nothing, which is not the same as nothing listening. */
static bool visible_in(const struct pg_snapshot *other,
                       const struct pg_snapshot *snapshot, const struct pg_port *port) {
  const struct pg_listener *listeners = snapshot->listeners + port->first_listener;

  for (size_t i = 0; i < port->listener_count; i++) {
    enum pg_source table = pg_source_of_listeners(listeners[i].address.family);
    if (other->sources[table].state == PG_SOURCE_FAILED)
      return false;
  }
  return true;
}

static bool same_addresses(const struct walk *walk, const struct pg_port *before,
                           const struct pg_port *after) {
  const struct pg_listener *left = walk->before->listeners + before->first_listener;
  const struct pg_listener *right = walk->after->listeners + after->first_listener;
  if (before->listener_count != after->listener_count)
    return false;
  for (size_t i = 0; i < before->listener_count; i++)
    if (pg_address_compare(&left[i].address, &right[i].address) != 0)
      return false;
  return true;
}

static void gone(const struct walk *walk, const struct pg_port *before) {
  if (!visible_in(walk->after, walk->before, before))
    return;
  if (!told(before))
    tell(walk, PG_CHANGE_TAKEN, before->port, NULL, before);
  tell(walk, PG_CHANGE_RELEASED, before->port, before, NULL);
}

static void came(const struct walk *walk, const struct pg_port *after) {
  if (!visible_in(walk->before, walk->after, after))
    return;
  if (told(after))
    tell(walk, PG_CHANGE_TAKEN, after->port, NULL, after);
}

static void stayed(const struct walk *walk, const struct pg_port *before,
                   const struct pg_port *after) {
  if (!told(after))
    return;
  if (!told(before)) {
    tell(walk, PG_CHANGE_TAKEN, after->port, NULL, after);
    return;
  }
  bool same = same_holders(before, after);
  if (same && same_addresses(walk, before, after))
    return;
  if (!visible_in(walk->after, walk->before, before))
    return;
  if (!visible_in(walk->before, walk->after, after))
    return;
  tell(walk, same ? PG_CHANGE_ADDRESSES : PG_CHANGE_HOLDER, after->port, before, after);
}

void diff_snapshots(const struct pg_snapshot *before, const struct pg_snapshot *after,
                    void (*each)(void *context, const struct pg_change *change),
                    void *context) {
  struct walk walk = {.before = before, .after = after, .each = each, .context = context};
  const struct pg_port *left = before->ports, *right = after->ports;
  size_t lefts = before->port_count, rights = after->port_count;

  while (lefts > 0 && rights > 0) {
    bool in_before = left->port <= right->port, in_after = right->port <= left->port;
    if (in_before && in_after) {
      stayed(&walk, left, right);
    } else if (in_before) {
      gone(&walk, left);
    } else {
      came(&walk, right);
    }
    left += in_before;
    lefts -= in_before;
    right += in_after;
    rights -= in_after;
  }
  for (; lefts > 0; left++, lefts--)
    gone(&walk, left);
  for (; rights > 0; right++, rights--)
    came(&walk, right);
}
