#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>

#include "service/sources/win_tags.h"

#include "common/text.h"
#include "common/win_utf.h"

#include <stdlib.h>
#include <string.h>

typedef DWORD(WINAPI *owner_of_row)(void *row, TCPIP_OWNER_MODULE_INFO_CLASS what,
                                    void *buffer, DWORD *size);

/* A service name and a path, with the structure that points at them. */
#define ANSWER_BYTES (16u * 1024u)

union answer {
  TCPIP_OWNER_MODULE_BASIC_INFO info;
  BYTE bytes[ANSWER_BYTES];
};

struct asking {
  struct pg_snapshot *snapshot;
  const struct win_tcp *tcp;
  owner_of_row owner_of;
  union answer *answer;
};

/* The name of the service of |pid| that is called |name|, as the SCM writes it,
 * or NULL: "svchost.exe" and stale names are not services of that process. */
static const char *service_called(const struct pg_snapshot *snapshot, uint32_t pid,
                                  const char *name) {
  for (size_t i = 0; i < snapshot->service_count; i++)
    if (snapshot->services[i].pid == pid &&
        pg_case_equal(snapshot->services[i].name, name))
      return snapshot->services[i].name;
  return NULL;
}

static bool is_shared(const struct pg_snapshot *snapshot, uint32_t pid) {
  size_t found = 0;
  for (size_t i = 0; i < snapshot->service_count && found < 2; i++)
    found += snapshot->services[i].pid == pid;
  return found == 2;
}

static bool is_known(const struct pg_snapshot *snapshot,
                     const struct pg_listener *listener) {
  for (size_t i = 0; i < snapshot->tag_count; i++)
    if (snapshot->tags[i].pid == listener->pid && snapshot->tags[i].tag == listener->tag)
      return true;
  return false;
}

/* ERROR_NOT_FOUND, and success without a name, both mean that nobody knows. */
static char *ask(const struct asking *asking, void *row) {
  DWORD size = sizeof *asking->answer;
  memset(asking->answer, 0, sizeof asking->answer->info);
  if (asking->owner_of(row, TCPIP_OWNER_MODULE_INFO_BASIC, asking->answer, &size) !=
      NO_ERROR)
    return NULL;
  const wchar_t *name = asking->answer->info.pModuleName;
  return name && *name ? win_utf8(name) : NULL;
}

static enum pg_error add_row(const struct asking *asking, size_t index) {
  struct pg_snapshot *snapshot = asking->snapshot;
  struct pg_listener listener;
  void *row = win_tcp_row(asking->tcp, index, &listener);
  /* Never with tag 0: there is nothing to ask, and Wine's export ends the
   * process that calls it. */
  if (listener.tag == 0 || is_known(snapshot, &listener) ||
      !is_shared(snapshot, listener.pid))
    return PG_OK;
  char *name = ask(asking, row);
  const char *service = name ? service_called(snapshot, listener.pid, name) : NULL;
  free(name);
  if (!service)
    return PG_OK;
  struct pg_service_tag *tag = snapshot_tags(snapshot, 1);
  if (!tag)
    return PG_E_NOMEM;
  tag->pid = listener.pid;
  tag->tag = listener.tag;
  tag->service = service;
  return PG_OK;
}

static enum pg_error add_table(struct asking *asking, const struct win_tcp *tcp,
                               FARPROC function) {
  enum pg_error code = PG_OK;
  asking->tcp = tcp;
  asking->owner_of = (owner_of_row)(void (*)(void))function;
  size_t count = asking->owner_of ? win_tcp_count(tcp) : 0;
  for (size_t i = 0; !code && i < count; i++)
    code = add_row(asking, i);
  return code;
}

enum pg_error win_tags_add(struct pg_snapshot *snapshot, int64_t now,
                           const struct win_tcp *tcp4, const struct win_tcp *tcp6) {
  /* Looked up rather than imported: not every system has both. The module is
   * there because GetExtendedTcpTable is imported from it. */
  HMODULE module = GetModuleHandleW(L"iphlpapi.dll");
  struct asking asking = {.snapshot = snapshot, .answer = malloc(sizeof(union answer))};
  enum pg_error code = asking.answer ? PG_OK : PG_E_NOMEM;
  if (!code && module)
    code = add_table(&asking, tcp4, GetProcAddress(module, "GetOwnerModuleFromTcpEntry"));
  if (!code && module)
    code =
        add_table(&asking, tcp6, GetProcAddress(module, "GetOwnerModuleFromTcp6Entry"));
  if (!code)
    snapshot_source_read(snapshot, PG_SOURCE_SERVICE_TAGS, now);
  free(asking.answer);
  return code;
}
