#include "service/sources/win_accounts.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/win_utf.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <sddl.h>

/* The longest names that LookupAccountSid gives, with their end. */
#define NAME_CHARS 257
#define WHOLE_BYTES (2 * 3 * NAME_CHARS) /* both in UTF-8 */

/* LookupAccountSid cannot be called off. It has a thread and a request of its own, which
 * whoever is the last to need it frees: the asker, or the thread that answers too
 * late. */
struct request {
  volatile LONG users;
  PSID sid;
  DWORD error;
  wchar_t account[NAME_CHARS], domain[NAME_CHARS];
};

static void give_back(struct request *request) {
  if (InterlockedDecrement(&request->users) != 0)
    return;
  LocalFree(request->sid);
  free(request);
}

static DWORD WINAPI look_up(void *context) {
  struct request *request = context;
  DWORD account_chars = NAME_CHARS, domain_chars = NAME_CHARS;
  SID_NAME_USE use;
  bool found = LookupAccountSidW(NULL, request->sid, request->account, &account_chars,
                                 request->domain, &domain_chars, &use);
  request->error = found ? NO_ERROR : GetLastError();
  give_back(request);
  return 0;
}

static void take_name(const struct request *request, char *name, size_t size) {
  struct pg_text whole;
  char *domain = win_utf8(request->domain), *account = win_utf8(request->account);
  pg_text_init(&whole, WHOLE_BYTES);
  if (domain && account)
    pg_text_printf(&whole, "%s%s%s", domain, domain[0] ? "\\" : "", account);
  (void)pg_copy(name, size, pg_text_str(&whole));
  pg_text_free(&whole);
  free(domain);
  free(account);
}

/* False: it takes too long, or cannot be asked at all. */
static bool ask(struct request *request) {
  request->users = 2;
  HANDLE thread = CreateThread(NULL, 0, look_up, request, 0, NULL);
  if (!thread) {
    request->users = 1;
    return false;
  }
  bool ended = WaitForSingleObject(thread, PG_ACCOUNT_MS) == WAIT_OBJECT_0;
  CloseHandle(thread);
  return ended;
}

bool win_account_name(const char *sid, char *name, size_t size) {
  wchar_t *wide = win_wide(sid);
  struct request *request = calloc(1, sizeof *request);
  bool told = false;
  name[0] = '\0';
  if (wide && request && ConvertStringSidToSidW(wide, &request->sid)) {
    if (ask(request)) {
      told = request->error == NO_ERROR || request->error == ERROR_NONE_MAPPED;
      if (request->error == NO_ERROR)
        take_name(request, name, size);
    }
    give_back(request);
  } else {
    told = wide && request; /* no SID, and so without a name */
    free(request);
  }
  free(wide);
  return told;
}
