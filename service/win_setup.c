#include "service/win_setup.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"
#include "service/win_event_source.h"
#include "service/win_names.h"
#include "service/win_privileges.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define DESCRIPTION                                                                 \
  L"Watches which programs hold TCP ports and explains who must let go of one: "    \
  L"portguardctl status 80. Writes to the Application log when a port is taken or " \
  L"released."

#define PRESHUTDOWN_MS 10000
#define RESET_PERIOD_S (24u * 60u * 60u)
#define CONFIG_BYTES (8u * 1024u) /* the ceiling of both kinds of query */
#define MEND "portguardsvc install"

/* What the functions of one look or one mending share. */
struct setup {
  SC_HANDLE service; /* NULL: |no_service| says why */
  DWORD no_service;
  wchar_t path[WIN_PATH_CHARS], quoted[WIN_PATH_CHARS + 3];
  union {
    QUERY_SERVICE_CONFIGW config;
    SERVICE_DESCRIPTIONW description;
    SERVICE_FAILURE_ACTIONSW recovery;
    SERVICE_FAILURE_ACTIONS_FLAG on_error;
    SERVICE_SID_INFO sid;
    SERVICE_REQUIRED_PRIVILEGES_INFOW privileges;
    SERVICE_PRESHUTDOWN_INFO preshutdown;
    BYTE bytes[CONFIG_BYTES];
  } told;
};

/* --- words --- */

const char *win_setup_name(enum win_setup_item item) {
  switch (item) {
#define X(id, name, stem) \
  case WIN_SETUP_##id:    \
    return name;
    WIN_SETUP_LIST(X)
#undef X
  case WIN_SETUP_COUNT:
    break;
  }
  return "";
}

bool win_setup_unknown(const struct pg_fault *fault) {
  return fault->win32 == ERROR_INVALID_LEVEL ||
         fault->win32 == ERROR_CALL_NOT_IMPLEMENTED;
}

static enum pg_error failed(struct pg_fault *fault, const char *function, DWORD error) {
  char words[WIN_ERROR_CHARS];
  enum pg_error code = PG_E_WINDOWS;
  if (error == ERROR_SERVICE_DOES_NOT_EXIST)
    code = PG_E_NOTFOUND;
  else if (error == ERROR_ACCESS_DENIED)
    code = PG_E_DENIED;
  pg_fail(fault, code, "%s", win_error(words, sizeof words, function, error));
  if (code == PG_E_NOTFOUND)
    pg_fault_hint(fault, MEND);
  if (fault)
    fault->win32 = error;
  return code;
}

static enum pg_error found(struct pg_fault *fault, const char *what) {
  pg_fail(fault, PG_E_FORMAT, "%s", what);
  pg_fault_hint(fault, MEND);
  return PG_E_FORMAT;
}

static enum pg_error found_text(struct pg_fault *fault, const char *what,
                                const wchar_t *text) {
  char shown[PG_SHOWN_CHARS];
  char *utf8 = text ? win_utf8(text) : NULL;
  const char *words = utf8 && *utf8 ? pg_escape(shown, sizeof shown, utf8) : "nothing";
  pg_fail(fault, PG_E_FORMAT, "%s: found %s", what, words);
  pg_fault_hint(fault, MEND);
  free(utf8);
  return PG_E_FORMAT;
}

/* --- asking and telling the service control manager --- */

static enum pg_error ask(struct setup *setup, DWORD level, struct pg_fault *fault) {
  DWORD needed = 0;
  if (!setup->service)
    return failed(fault, "OpenServiceW", setup->no_service);
  memset(&setup->told, 0, sizeof setup->told);
  if (QueryServiceConfig2W(setup->service, level, setup->told.bytes, CONFIG_BYTES,
                           &needed))
    return PG_OK;
  return failed(fault, "QueryServiceConfig2W", GetLastError());
}

static enum pg_error tell(struct setup *setup, DWORD level, void *info,
                          struct pg_fault *fault) {
  if (!setup->service)
    return failed(fault, "OpenServiceW", setup->no_service);
  if (ChangeServiceConfig2W(setup->service, level, info))
    return PG_OK;
  return failed(fault, "ChangeServiceConfig2W", GetLastError());
}

static bool same_text(const wchar_t *a, const wchar_t *b) {
  return a && CompareStringOrdinal(a, -1, b, -1, TRUE) == CSTR_EQUAL;
}

/* --- the items: look_x says whether it is right, mend_x makes it so --- */

static enum pg_error look_image(struct setup *setup, struct pg_fault *fault) {
  DWORD needed = 0;
  if (!setup->service)
    return failed(fault, "OpenServiceW", setup->no_service);
  if (!QueryServiceConfigW(setup->service, &setup->told.config, CONFIG_BYTES, &needed))
    return failed(fault, "QueryServiceConfigW", GetLastError());
  if (same_text(setup->told.config.lpBinaryPathName, setup->quoted))
    return PG_OK;
  return found_text(fault, "not the path of this program in quotes",
                    setup->told.config.lpBinaryPathName);
}

static enum pg_error mend_image(struct setup *setup, struct pg_fault *fault) {
  if (!setup->service)
    return failed(fault, "OpenServiceW", setup->no_service);
  if (ChangeServiceConfigW(setup->service, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE,
                           SERVICE_NO_CHANGE, setup->quoted, NULL, NULL, NULL, NULL, NULL,
                           NULL))
    return PG_OK;
  return failed(fault, "ChangeServiceConfigW", GetLastError());
}

static enum pg_error look_description(struct setup *setup, struct pg_fault *fault) {
  enum pg_error error = ask(setup, SERVICE_CONFIG_DESCRIPTION, fault);
  const wchar_t *text = setup->told.description.lpDescription;
  if (error != PG_OK || (text && wcscmp(text, DESCRIPTION) == 0))
    return error;
  return found_text(fault, "not the description of this version", text);
}

static enum pg_error mend_description(struct setup *setup, struct pg_fault *fault) {
  static wchar_t text[] = DESCRIPTION;
  SERVICE_DESCRIPTIONW description = {text};
  return tell(setup, SERVICE_CONFIG_DESCRIPTION, &description, fault);
}

/* Other delays, or a program that is run later, are an administrator's to choose. */
static enum pg_error look_recovery(struct setup *setup, struct pg_fault *fault) {
  enum pg_error error = ask(setup, SERVICE_CONFIG_FAILURE_ACTIONS, fault);
  const SERVICE_FAILURE_ACTIONSW *told = &setup->told.recovery;
  if (error != PG_OK || (told->cActions > 0 && told->lpsaActions &&
                         told->lpsaActions[0].Type == SC_ACTION_RESTART))
    return error;
  return found(fault,
               "Windows would not start the service again after its first failure");
}

static enum pg_error mend_recovery(struct setup *setup, struct pg_fault *fault) {
  SC_ACTION actions[] = {
      {SC_ACTION_RESTART, 1000}, {SC_ACTION_RESTART, 5000}, {SC_ACTION_RESTART, 60000}};
  SERVICE_FAILURE_ACTIONSW recovery = {
      .dwResetPeriod = RESET_PERIOD_S, .cActions = 3, .lpsaActions = actions};
  return tell(setup, SERVICE_CONFIG_FAILURE_ACTIONS, &recovery, fault);
}

static enum pg_error look_on_error(struct setup *setup, struct pg_fault *fault) {
  enum pg_error error = ask(setup, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, fault);
  if (error != PG_OK || setup->told.on_error.fFailureActionsOnNonCrashFailures)
    return error;
  return found(fault, "recovery follows a crash only, not an exit with an error");
}

static enum pg_error mend_on_error(struct setup *setup, struct pg_fault *fault) {
  SERVICE_FAILURE_ACTIONS_FLAG also = {TRUE};
  return tell(setup, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also, fault);
}

static enum pg_error look_sid(struct setup *setup, struct pg_fault *fault) {
  enum pg_error error = ask(setup, SERVICE_CONFIG_SERVICE_SID_INFO, fault);
  if (error != PG_OK || setup->told.sid.dwServiceSidType == SERVICE_SID_TYPE_UNRESTRICTED)
    return error;
  return found(fault, "the service has no SID of its own, of the type unrestricted");
}

static enum pg_error mend_sid(struct setup *setup, struct pg_fault *fault) {
  SERVICE_SID_INFO sid = {SERVICE_SID_TYPE_UNRESTRICTED};
  return tell(setup, SERVICE_CONFIG_SERVICE_SID_INFO, &sid, fault);
}

static enum pg_error look_privileges(struct setup *setup, struct pg_fault *fault) {
  enum pg_error error = ask(setup, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, fault);
  const wchar_t *list = setup->told.privileges.pmszRequiredPrivileges;
  if (error != PG_OK)
    return error;
  if (same_text(list, WIN_PRIVILEGE) && list[wcslen(list) + 1] == L'\0')
    return PG_OK;
  return found(fault, list && *list
                          ? "another list of privileges than the one it needs"
                          : "no list of privileges, so the service is given all of them");
}

static enum pg_error mend_privileges(struct setup *setup, struct pg_fault *fault) {
  static wchar_t list[] = WIN_PRIVILEGES;
  SERVICE_REQUIRED_PRIVILEGES_INFOW required = {list};
  return tell(setup, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &required, fault);
}

static enum pg_error look_preshutdown(struct setup *setup, struct pg_fault *fault) {
  enum pg_error error = ask(setup, SERVICE_CONFIG_PRESHUTDOWN_INFO, fault);
  DWORD ms = setup->told.preshutdown.dwPreshutdownTimeout;
  if (error != PG_OK || ms == PRESHUTDOWN_MS)
    return error;
  pg_fail(fault, PG_E_FORMAT, "a shutdown waits %lu ms for the service, expected %d",
          (unsigned long)ms, PRESHUTDOWN_MS);
  pg_fault_hint(fault, MEND);
  return PG_E_FORMAT;
}

static enum pg_error mend_preshutdown(struct setup *setup, struct pg_fault *fault) {
  SERVICE_PRESHUTDOWN_INFO preshutdown = {PRESHUTDOWN_MS};
  return tell(setup, SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown, fault);
}

static enum pg_error look_source(struct setup *setup, struct pg_fault *fault) {
  if (win_event_source_is(setup->path))
    return PG_OK;
  return found(fault, "Event Viewer does not find the texts of this program's events");
}

static enum pg_error mend_source(struct setup *setup, struct pg_fault *fault) {
  DWORD error = win_event_source_add(setup->path);
  return error ? failed(fault, "registering the event source", error) : PG_OK;
}

/* --- all of them --- */

static const struct item {
  enum pg_error (*look)(struct setup *setup, struct pg_fault *fault);
  enum pg_error (*mend)(struct setup *setup, struct pg_fault *fault);
} items[] = {
#define X(id, name, stem) {look_##stem, mend_##stem},
    WIN_SETUP_LIST(X)
#undef X
};

bool win_setup_image(wchar_t *path, wchar_t *quoted) {
  DWORD len = GetModuleFileNameW(NULL, path, WIN_PATH_CHARS);
  if (len == 0 || len >= WIN_PATH_CHARS)
    return false;
  quoted[0] = L'"';
  memcpy(quoted + 1, path, len * sizeof *path);
  quoted[len + 1] = L'"';
  quoted[len + 2] = L'\0';
  return true;
}

/* NULL with |fault| filled. */
static struct setup *setup_open(DWORD access, struct pg_fault *fault) {
  struct setup *setup = calloc(1, sizeof *setup);
  if (!setup) {
    pg_fail(fault, PG_E_NOMEM, "out of memory");
    return NULL;
  }
  if (!win_setup_image(setup->path, setup->quoted)) {
    failed(fault, "GetModuleFileNameW", GetLastError());
    free(setup);
    return NULL;
  }
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  if (manager)
    setup->service = OpenServiceW(manager, WIN_SERVICE_NAME, access);
  if (!setup->service)
    setup->no_service = GetLastError();
  if (manager)
    CloseServiceHandle(manager);
  return setup;
}

static void setup_close(struct setup *setup) {
  if (setup->service)
    CloseServiceHandle(setup->service);
  free(setup);
}

void win_setup_look(struct pg_fault faults[WIN_SETUP_COUNT]) {
  struct pg_fault closed = {.code = PG_OK};
  struct setup *setup = setup_open(SERVICE_QUERY_CONFIG, &closed);
  for (int i = 0; i < WIN_SETUP_COUNT; i++) {
    faults[i] = closed;
    if (setup)
      (void)items[i].look(setup, &faults[i]);
  }
  if (setup)
    setup_close(setup);
}

/* What cannot be asked is set all the same: it may be write-only somewhere. */
static void apply_to(struct setup *setup,
                     void (*told)(void *context, enum win_setup_item item,
                                  const struct pg_fault *fault),
                     void *context) {
  for (int i = 0; i < WIN_SETUP_COUNT; i++) {
    struct pg_fault fault = {.code = PG_OK};
    if (items[i].look(setup, &fault) == PG_OK)
      continue;
    fault = (struct pg_fault){.code = PG_OK};
    if (items[i].mend(setup, &fault) != PG_OK)
      told(context, (enum win_setup_item)i, &fault);
  }
}

/* SERVICE_START as well, because setting restarts as recovery asks for it. */
void win_setup_apply(void (*told)(void *context, enum win_setup_item item,
                                  const struct pg_fault *fault),
                     void *context) {
  struct pg_fault fault = {.code = PG_OK};
  struct setup *setup =
      setup_open(SERVICE_QUERY_CONFIG | SERVICE_CHANGE_CONFIG | SERVICE_START, &fault);
  if (!setup) {
    told(context, WIN_SETUP_IMAGE_PATH, &fault);
    return;
  }
  apply_to(setup, told, context);
  setup_close(setup);
}
