#include "tests/bench/machine.h"

#include "common/json.h"

#include <stdbool.h>
#include <stdio.h>

#define SYSTEM_PID 4u
#define SHARED_PID 900u
#define FIRST_PID 1000u
#define SHARED_SERVICES 8u
#define PORTS_PER_PROCESS 4u
#define WEB_PORT 80u

/* Of every hundred ports, this many belong to each kind of owner. */
enum { HTTP_SHARE = 4, SHARED_SHARE = 10, SERVICE_SHARE = 40 };

enum owner { OWNER_HTTP, OWNER_SHARED, OWNER_SERVICE, OWNER_PROCESS };

static enum owner owner_of(unsigned port) {
  unsigned draw = port * 37u % 100u;
  if (port == WEB_PORT || draw < HTTP_SHARE)
    return OWNER_HTTP;
  if (draw < HTTP_SHARE + SHARED_SHARE)
    return OWNER_SHARED;
  return draw < HTTP_SHARE + SHARED_SHARE + SERVICE_SHARE ? OWNER_SERVICE : OWNER_PROCESS;
}

/* Even PIDs run a service, odd ones do not. */
static unsigned pid_of(unsigned port) {
  unsigned base = FIRST_PID + port / PORTS_PER_PROCESS * 2u;
  switch (owner_of(port)) {
  case OWNER_HTTP:
    return SYSTEM_PID;
  case OWNER_SHARED:
    return SHARED_PID;
  case OWNER_SERVICE:
    return base;
  case OWNER_PROCESS:
    break;
  }
  return base + 1;
}

static void write_listener(struct pg_json *json, unsigned port, bool ipv6, unsigned pid) {
  pg_json_object(json);
  pg_json_key_str(json, "family", ipv6 ? "ipv6" : "ipv4");
  pg_json_key_str(json, "local_address", ipv6 ? "::" : "0.0.0.0");
  pg_json_key_int(json, "local_port", port);
  pg_json_key_str(json, "state", "listen");
  pg_json_key_int(json, "pid", pid);
  pg_json_key_int(json, "service_tag",
                  pid == SHARED_PID ? 1 + port % SHARED_SERVICES : 0);
  pg_json_key_str(json, "created_at", "2026-03-02T09:14:07Z");
  pg_json_end_object(json);
}

static void write_table(struct pg_json *json, size_t listeners, unsigned moved) {
  pg_json_key(json, "tcp");
  pg_json_array(json);
  for (size_t i = 0; i < listeners; i++) {
    unsigned port = 1 + (unsigned)(i / 2), pid = pid_of(port);
    bool moves = port != WEB_PORT && port * 53u % 100u < moved;
    if (moves && port % 2 == 0)
      continue; /* free there */
    write_listener(json, port, i % 2 == 1, moves ? FIRST_PID + 1 : pid);
  }
  pg_json_end_array(json);
}

static void write_process(struct pg_json *json, unsigned pid, const char *name) {
  char path[80];
  (void)snprintf(path, sizeof path, "C:\\Program Files\\App %u\\%s", pid, name);
  pg_json_object(json);
  pg_json_key_int(json, "pid", pid);
  pg_json_key_str(json, "name", name);
  pg_json_key_str(json, "path", pid == SYSTEM_PID ? NULL : path);
  pg_json_key_str(json, "started_at", "2026-03-02T09:14:05Z");
  pg_json_end_object(json);
}

static void write_processes(struct pg_json *json, unsigned last_pid) {
  pg_json_key(json, "processes");
  pg_json_array(json);
  write_process(json, SYSTEM_PID, "System");
  write_process(json, SHARED_PID, "svchost.exe");
  for (unsigned pid = FIRST_PID; pid <= last_pid; pid++)
    write_process(json, pid, pid % 2 == 0 ? "service.exe" : "server.exe");
  pg_json_end_array(json);
}

static void write_service(struct pg_json *json, const char *name, unsigned pid,
                          bool shared) {
  char display[80];
  (void)snprintf(display, sizeof display, "%s, for measuring", name);
  pg_json_object(json);
  pg_json_key_str(json, "name", name);
  pg_json_key_str(json, "display_name", display);
  pg_json_key_int(json, "pid", pid);
  pg_json_key_str(json, "state", "running");
  pg_json_key_str(json, "start_type", "auto");
  pg_json_key_str(json, "type", shared ? "share_process" : "own_process");
  pg_json_end_object(json);
}

static void write_services(struct pg_json *json, unsigned last_pid) {
  char name[32];
  pg_json_key(json, "services");
  pg_json_array(json);
  for (unsigned i = 0; i < SHARED_SERVICES; i++) {
    (void)snprintf(name, sizeof name, "Shared%u", i);
    write_service(json, name, SHARED_PID, true);
  }
  for (unsigned pid = FIRST_PID; pid <= last_pid; pid += 2) {
    (void)snprintf(name, sizeof name, "Service%u", pid);
    write_service(json, name, pid, false);
  }
  pg_json_end_array(json);
  pg_json_key(json, "service_tags");
  pg_json_array(json);
  for (unsigned i = 0; i < SHARED_SERVICES; i++) {
    (void)snprintf(name, sizeof name, "Shared%u", i);
    pg_json_object(json);
    pg_json_key_int(json, "pid", SHARED_PID);
    pg_json_key_int(json, "tag", 1 + (int64_t)i);
    pg_json_key_str(json, "service", name);
    pg_json_end_object(json);
  }
  pg_json_end_array(json);
}

/* One queue, as netsh prints it, per port of HTTP.sys. */
static void write_queue(struct pg_text *text, unsigned port) {
  unsigned pid = FIRST_PID + port / PORTS_PER_PROCESS * 2u;
  pg_text_printf(text,
                 "\nRequest queue name: Pool%u\n"
                 "    Version: 2.0\n"
                 "    State: Active\n"
                 "    Max requests: 1000\n"
                 "    Number of active processes attached: 1\n"
                 "    Process IDs:\n"
                 "        %u\n"
                 "    URL groups:\n"
                 "    URL group ID: FE000000%08X\n"
                 "        State: Active\n"
                 "        Request queue name: Pool%u\n"
                 "        Number of registered URLs: 1\n"
                 "        Registered URLs:\n"
                 "            HTTP://*:%u/\n",
                 port, pid, port, port, port);
}

static void write_http(struct pg_json *json, unsigned last_port) {
  struct pg_text text;
  pg_text_init(&text, 16u << 20);
  pg_text_str_add(&text, "\nSnapshot of HTTP service state (Request Queue View):\n"
                         "-----------------------------------------------------\n");
  for (unsigned port = 1; port <= last_port; port++)
    if (owner_of(port) == OWNER_HTTP)
      write_queue(&text, port);
  pg_json_key(json, "http");
  pg_json_object(json);
  pg_json_key(json, "service_state_text");
  pg_json_text(json, pg_text_str(&text), text.len);
  pg_json_end_object(json);
  pg_text_free(&text);
}

void machine_capture(struct pg_text *out, size_t listeners, unsigned moved) {
  unsigned last_port = (unsigned)((listeners + 1) / 2);
  unsigned last_pid = FIRST_PID + last_port / PORTS_PER_PROCESS * 2u + 1u;
  struct pg_json json;
  pg_json_start(&json, out);
  pg_json_object(&json);
  pg_json_key_int(&json, "portguard_capture", 1);
  pg_json_key_str(&json, "taken_at", "2026-03-02T12:26:31Z");
  write_table(&json, listeners, moved);
  write_processes(&json, last_pid);
  write_services(&json, last_pid);
  write_http(&json, last_port);
  pg_json_end_object(&json);
}
