#include "service/sources/win_accounts.h"

#include "common/text.h"
#include "common/win_utf.h"

#include <stdlib.h>
#include <windows.h>
#include <sddl.h>

/* The longest names that LookupAccountSid gives, with their end. */
#define NAME_CHARS 257
#define WHOLE_BYTES (2 * 3 * NAME_CHARS) /* both in UTF-8 */

static void look_up(PSID sid, char *name, size_t size) {
  wchar_t account[NAME_CHARS], domain[NAME_CHARS];
  DWORD account_chars = NAME_CHARS, domain_chars = NAME_CHARS;
  SID_NAME_USE use;
  if (!LookupAccountSidW(NULL, sid, account, &account_chars, domain, &domain_chars, &use))
    return;
  struct pg_text whole;
  char *left = win_utf8(domain), *right = win_utf8(account);
  pg_text_init(&whole, WHOLE_BYTES);
  if (left && right)
    pg_text_printf(&whole, "%s%s%s", left, left[0] ? "\\" : "", right);
  (void)pg_copy(name, size, pg_text_str(&whole));
  pg_text_free(&whole);
  free(left);
  free(right);
}

void win_account_name(const char *sid, char *name, size_t size) {
  PSID binary = NULL;
  wchar_t *wide = win_wide(sid);
  name[0] = '\0';
  if (wide && ConvertStringSidToSidW(wide, &binary))
    look_up(binary, name, size);
  LocalFree(binary);
  free(wide);
}
