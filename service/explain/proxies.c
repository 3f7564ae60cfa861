/* Port proxies: IP Helper listens, and a rule of the registry says why. */
#include "service/explain/attribution.h"
#include "service/explain/internal.h"

#include "common/sort.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

struct proxy_rule {
  const struct pg_port_proxy *proxy;
  struct pg_address address; /* all zero: any of the family */
  bool held;                 /* a listener of it was found */
};

static int compare_place(const struct proxy_rule *rule, uint16_t port,
                         const struct pg_address *address) {
  if (rule->proxy->listen_port != port)
    return rule->proxy->listen_port < port ? -1 : 1;
  if (rule->address.family != address->family)
    return rule->address.family < address->family ? -1 : 1;
  return memcmp(rule->address.bytes, address->bytes, sizeof address->bytes);
}

static int compare_rules(const void *left, const void *right) {
  const struct proxy_rule *a = left, *b = right;
  return compare_place(a, b->proxy->listen_port, &b->address);
}

enum pg_family explain_proxy_family(const struct pg_port_proxy *proxy) {
  bool ipv4 = proxy->kind == PG_PROXY_V4TOV4 || proxy->kind == PG_PROXY_V4TOV6;
  return ipv4 ? PG_IPV4 : PG_IPV6;
}

/* A host name fits no listener: what it stands for is not known here. */
static bool read_address(const struct pg_port_proxy *proxy, struct pg_address *out) {
  enum pg_family family = explain_proxy_family(proxy);
  *out = (struct pg_address){.family = family};
  if (strcmp(proxy->listen_address, "*") == 0)
    return true;
  return pg_address_parse(family, proxy->listen_address, out);
}

enum pg_error proxies_open(struct proxy_index *index,
                           const struct pg_snapshot *snapshot) {
  const struct pg_network *network = &snapshot->network;
  const struct pg_service *helper = snapshot_service(snapshot, "iphlpsvc");
  *index = (struct proxy_index){0};
  if (network->proxy_count == 0 || helper == NULL || helper->pid == 0)
    return PG_OK;
  index->rules = calloc(network->proxy_count, sizeof *index->rules);
  if (index->rules == NULL)
    return PG_E_NOMEM;
  for (size_t i = 0; i < network->proxy_count; i++) {
    struct proxy_rule *rule = &index->rules[index->count];
    rule->proxy = &network->proxies[i];
    index->count += read_address(rule->proxy, &rule->address);
  }
  if (!pg_sort(index->rules, index->count, sizeof *index->rules, compare_rules))
    return PG_E_NOMEM;
  index->helper = helper;
  return PG_OK;
}

void proxies_close(struct proxy_index *index) {
  free(index->rules);
  index->rules = NULL;
}

struct place {
  uint16_t port;
  const struct pg_address *address;
};

static bool rule_before(const void *row, const void *key) {
  const struct place *place = key;
  return compare_place(row, place->port, place->address) < 0;
}

static struct proxy_rule *find(const struct proxy_index *index, uint16_t port,
                               const struct pg_address *address) {
  const struct place place = {port, address};
  size_t at = pg_lower_bound(index->rules, index->count, sizeof *index->rules, &place,
                             rule_before);
  bool found = at < index->count && compare_place(&index->rules[at], port, address) == 0;
  return found ? &index->rules[at] : NULL;
}

static struct proxy_rule *find_rule(const struct proxy_index *index,
                                    const struct pg_listener *listener) {
  const struct pg_address any = {.family = listener->address.family};
  struct proxy_rule *rule = find(index, listener->port, &listener->address);
  return rule != NULL ? rule : find(index, listener->port, &any);
}

bool proxies_attribute(struct proxy_index *index, const struct pg_listener *listener,
                       struct pg_holder *holder) {
  if (index->helper == NULL || holder->pid != index->helper->pid)
    return true;
  if (holder->service != NULL && holder->service != index->helper)
    return true; /* the tag names another service of the process */
  struct proxy_rule *rule = find_rule(index, listener);
  if (rule == NULL)
    return true;
  holder->kind = PG_HOLDER_PORTPROXY;
  holder->service = index->helper;
  holder->proxy = rule->proxy;
  holder->evidence |= PG_EV_PROXY_RULE;
  bool fresh = !rule->held;
  rule->held = true;
  return fresh;
}

void explain_proxy_end(const char *address, uint16_t port, struct pg_text *out) {
  bool brackets = strchr(address, ':') != NULL;
  pg_text_printf(out, brackets ? "[%s]:%u" : "%s:%u", address, (unsigned)port);
}

void explain_proxy_words(const struct pg_port_proxy *proxy, struct pg_text *out) {
  pg_text_printf(out, "%s ", pg_proxy_kind_name(proxy->kind));
  explain_proxy_end(proxy->listen_address, proxy->listen_port, out);
  pg_text_str_add(out, " -> ");
  explain_proxy_end(proxy->connect_address, proxy->connect_port, out);
}
