#include "client/holders.h"

#include "client/fields.h"
#include "client/render.h"
#include "common/timestamp.h"

#include <string.h>

bool holder_is(const cJSON *holder, const char *kind) {
  return field_says(holder, "kind", kind);
}

bool holders_any(const cJSON *holders, const char *kind) {
  const cJSON *holder;
  cJSON_ArrayForEach(holder, holders) {
    if (holder_is(holder, kind))
      return true;
  }
  return false;
}

bool holder_is_certain(const cJSON *holder) {
  return field_says(holder, "confidence", "certain");
}

bool holder_is_likely(const cJSON *holder) {
  return field_says(holder, "confidence", "likely");
}

bool holder_is_guess(const cJSON *holder) {
  bool named = field_object(holder, "service") != NULL ||
               field_object(holder, "process") != NULL ||
               field_object(holder, "controller") != NULL;
  return holder_is_likely(holder) && named && field_array(holder, "candidates") == NULL;
}

static bool add_process(struct pg_text *out, const cJSON *process, const char *before) {
  int64_t pid = field_int(process, "pid", -1);
  const char *name = field_text(process, "name");
  if (pid < 0)
    return false;
  if (name != NULL) {
    render_outside(out, name);
    pg_text_printf(out, " (%s%lld)", before, (long long)pid);
  } else {
    pg_text_printf(out, "PID %lld", (long long)pid);
  }
  return true;
}

bool holder_process(struct pg_text *out, const cJSON *process) {
  return add_process(out, process, "PID ");
}

bool holder_process_short(struct pg_text *out, const cJSON *process) {
  return add_process(out, process, "");
}

void holder_service_name(struct pg_text *out, const char *name, const char *display) {
  render_outside(out, name);
  if (display != NULL && (name == NULL || !pg_case_equal(display, name))) {
    pg_text_str_add(out, " (");
    render_outside(out, display);
    pg_text_char(out, ')');
  }
}

/* "the port proxy to 172.20.0.2:80": the rule, and not IP Helper, must go. */
static bool proxy_name(struct pg_text *out, const cJSON *holder) {
  const cJSON *proxy = field_object(holder, "proxy");
  if (!holder_is(holder, "portproxy") || proxy == NULL)
    return false;
  pg_text_str_add(out, "the port proxy to ");
  render_endpoint(out, field_text(proxy, "connect_address"),
                  field_int(proxy, "connect_port", 0));
  return true;
}

bool tenancy_is_unseen(const cJSON *tenancy) {
  return field_says(tenancy, "how", "unknown");
}

int64_t listeners_since(const cJSON *listeners) {
  int64_t oldest = PG_TIME_UNKNOWN;
  const cJSON *listener;
  cJSON_ArrayForEach(listener, listeners) {
    int64_t since = field_time(listener, "since");
    if (since != PG_TIME_UNKNOWN && (oldest == PG_TIME_UNKNOWN || since < oldest))
      oldest = since;
  }
  return oldest;
}

const char *holder_relays_for(const cJSON *holder) {
  if (holder_is(holder, "wsl_relay"))
    return "a server inside WSL";
  return holder_is(holder, "container_relay") ? "a container" : NULL;
}

static bool relay_name(struct pg_text *out, const cJSON *holder,
                       enum holder_detail detail) {
  const char *server = holder_relays_for(holder);
  if (server == NULL || !holder_process(out, field_object(holder, "process")))
    return false;
  if (detail == HOLDER_FULL)
    pg_text_printf(out, " for %s", server);
  return true;
}

void holder_name(struct pg_text *out, const cJSON *holder, enum holder_detail detail) {
  const cJSON *service = field_object(holder, "service");
  const char *name = field_text(service, "name");
  if (proxy_name(out, holder) || relay_name(out, holder, detail))
    return;
  if (name != NULL) {
    holder_service_name(
        out, name, detail == HOLDER_FULL ? field_text(service, "display_name") : NULL);
    return;
  }
  const char *known_as = field_text(holder, "known_as");
  if (holder_is(holder, "driver") && known_as != NULL) {
    render_outside(out, known_as);
    return;
  }
  int candidates = cJSON_GetArraySize(field_array(holder, "candidates"));
  if (candidates > 0 && !holder_is(holder, "driver"))
    pg_text_printf(out, "one of %d services in ", candidates);
  if (holder_process(out, field_object(holder, "process")) ||
      holder_process(out, field_object(holder, "controller")))
    return;
  const char *queue = field_text(holder, "queue");
  if (queue != NULL) {
    pg_text_str_add(out, "request queue ");
    render_outside(out, queue);
  } else {
    pg_text_str_add(out, "an unknown program");
  }
}

/* "nginx.exe" of "process:C:\\nginx\\nginx.exe"; NULL when it names nobody. */
static const char *name_in(const char *identity) {
  const char *name = identity != NULL ? strchr(identity, ':') : NULL;
  if (name == NULL)
    return NULL;
  name++;
  for (const char *at = name; *at != '\0'; at++)
    if ((*at == '\\' || *at == '/') && at[1] != '\0')
      name = at + 1;
  return name[0] != '\0' && strcmp(name, "?") != 0 ? name : NULL;
}

void holder_of_tenancy(struct pg_text *out, const cJSON *tenancy) {
  const cJSON *holder = field_object(tenancy, "holder");
  const char *name = field_text(holder, "service");
  if (name == NULL && !holder_is(holder, "driver"))
    name = field_text(holder, "process");
  if (name == NULL)
    name = name_in(field_text(tenancy, "identity"));
  render_outside(out, name != NULL ? name : "an unknown program");
}

/* Who must let go: the service, else the image, else the process. NULL when the
 * holder says none of them. */
static const char *owner_text(const cJSON *holder) {
  const char *service = field_text(field_object(holder, "service"), "name");
  if (service != NULL)
    return service;
  const cJSON *process = field_object(holder, "process");
  const char *path = field_text(process, "path");
  return path != NULL ? path : field_text(process, "name");
}

static bool same_owner(const cJSON *a, const cJSON *b) {
  const char *kind = field_text(b, "kind");
  const char *left = owner_text(a), *right = owner_text(b);
  if (kind == NULL || !holder_is(a, kind))
    return false;
  if (left != NULL && right != NULL)
    return pg_case_equal(left, right);
  return left == right && field_int(field_object(a, "process"), "pid", -1) ==
                              field_int(field_object(b, "process"), "pid", -2);
}

/* The first holder of each owner speaks for it. */
static bool is_first_of_owner(const cJSON *holders, const cJSON *holder) {
  for (const cJSON *at = holders->child; at != holder; at = at->next)
    if (same_owner(at, holder))
      return false;
  return true;
}

size_t holders_owner_count(const cJSON *holders) {
  size_t count = 0;
  const cJSON *holder;
  cJSON_ArrayForEach(holder, holders) {
    count += is_first_of_owner(holders, holder);
  }
  return count;
}

static bool same_target(const cJSON *a, const cJSON *b) {
  const cJSON *left = field_object(a, "proxy"), *right = field_object(b, "proxy");
  const char *to = field_text(left, "connect_address");
  const char *other = field_text(right, "connect_address");
  return to != NULL && other != NULL && pg_case_equal(to, other) &&
         field_int(left, "connect_port", -1) == field_int(right, "connect_port", -1);
}

/* All rules belong to IP Helper, and the first speaks for them: where they lead to
 * different places, it would name one and hide the others. */
static bool proxies_phrase(struct pg_text *out, const cJSON *first) {
  bool differ = false;
  size_t count = 0;
  for (const cJSON *at = first; at != NULL; at = at->next) {
    if (!holder_is(at, "portproxy") || !same_owner(at, first))
      continue;
    count++;
    differ = differ || !same_target(at, first);
  }
  if (differ && count > 1)
    pg_text_printf(out, "%zu port proxies", count);
  return differ && count > 1;
}

static bool in_group(const cJSON *holders, const cJSON *holder, bool http) {
  return holder_is(holder, "http.sys") == http && is_first_of_owner(holders, holder);
}

/* "a", "a and b", "a, b and c": the owners of HTTP.sys, or all the others. */
static void group_phrase(struct pg_text *out, const cJSON *holders, bool http,
                         enum holder_detail detail) {
  size_t count = 0, done = 0;
  const cJSON *holder;
  cJSON_ArrayForEach(holder, holders) {
    count += in_group(holders, holder, http);
  }
  cJSON_ArrayForEach(holder, holders) {
    if (!in_group(holders, holder, http))
      continue;
    if (done > 0)
      pg_text_str_add(out, done + 1 == count ? " and " : ", ");
    if (holder_is_guess(holder))
      pg_text_str_add(out, "likely ");
    if (!proxies_phrase(out, holder))
      holder_name(out, holder, detail);
    done++;
  }
}

void holders_phrase(struct pg_text *out, const cJSON *holders,
                    enum holder_detail detail) {
  bool http = false, others = false;
  const cJSON *holder;
  cJSON_ArrayForEach(holder, holders) {
    if (holder_is(holder, "http.sys"))
      http = true;
    else
      others = true;
  }
  if (http) {
    pg_text_str_add(out, "HTTP.sys, for ");
    group_phrase(out, holders, true, detail);
  }
  if (http && others)
    pg_text_str_add(out, "; ");
  if (others)
    group_phrase(out, holders, false, detail);
}
