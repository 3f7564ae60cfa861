#include <winsock2.h>

#include "service/control/win_pipe_security.h"

#include "common/protocol.h"
#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"

#include <assert.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert((PG_PIPE_CLIENT_ACCESS & FILE_CREATE_PIPE_INSTANCE) == 0,
              "a client that may add instances can pose as the service");

bool win_token_user(HANDLE token, char *out, size_t size) {
  union {
    TOKEN_USER user;
    BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  } info;
  DWORD needed = 0;
  wchar_t *wide = NULL;
  if (!GetTokenInformation(token, TokenUser, &info, sizeof info, &needed) ||
      !ConvertSidToStringSidW(info.user.User.Sid, &wide))
    return false;
  char *text = win_utf8(wide);
  bool fits = text && pg_copy(out, size, text);
  free(text);
  LocalFree(wide);
  return fits;
}

bool win_process_user(HANDLE process, char *out, size_t size) {
  HANDLE token = NULL;
  if (!OpenProcessToken(process, TOKEN_QUERY, &token))
    return false;
  bool told = win_token_user(token, out, size);
  CloseHandle(token);
  return told;
}

static bool sddl_for(enum listener_access access, char *out, size_t size) {
  char user[PG_USER_CHARS];
  switch (access) {
  case LISTENER_STATUS:
    return pg_copy(out, size, WIN_PIPE_SDDL_STATUS);
  case LISTENER_CONTROL:
    return pg_copy(out, size, WIN_PIPE_SDDL_CONTROL);
  case LISTENER_DEVELOPMENT:
    if (!win_process_user(GetCurrentProcess(), user, sizeof user))
      return false;
    snprintf(out, size, WIN_PIPE_SDDL_DEVELOPMENT, user, user, user);
    return true;
  }
  return false;
}

PSECURITY_DESCRIPTOR win_pipe_security(enum listener_access access,
                                       struct pg_fault *fault) {
  char sddl[4 * PG_USER_CHARS], words[WIN_ERROR_CHARS];
  PSECURITY_DESCRIPTOR descriptor = NULL;
  wchar_t *wide = sddl_for(access, sddl, sizeof sddl) ? win_wide(sddl) : NULL;
  bool made = wide && ConvertStringSecurityDescriptorToSecurityDescriptorW(
                          wide, SDDL_REVISION_1, &descriptor, NULL);
  DWORD error = GetLastError();
  free(wide);
  if (made)
    return descriptor;
  win_error(words, sizeof words, "the security descriptor of the pipe", error);
  (void)pg_fail(fault, PG_E_WINDOWS, "%s", words);
  if (fault)
    fault->win32 = error;
  return NULL;
}

/* --- comparing --- */

/* Every kind of entry that a pipe has, allow, deny and label, is laid out like this. */
static bool same_entry(ACL *a, ACL *b, DWORD index) {
  static GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE,
                                    FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
  ACCESS_ALLOWED_ACE *one = NULL, *other = NULL;
  if (!GetAce(a, index, (void **)&one) || !GetAce(b, index, (void **)&other))
    return false;
  DWORD one_mask = one->Mask, other_mask = other->Mask;
  MapGenericMask(&one_mask, &mapping);
  MapGenericMask(&other_mask, &mapping);
  return one->Header.AceType == other->Header.AceType &&
         one->Header.AceFlags == other->Header.AceFlags && one_mask == other_mask &&
         EqualSid(&one->SidStart, &other->SidStart);
}

/* None is not the same as an empty one: it gives everything to everybody. */
static bool same_list(ACL *a, ACL *b) {
  if (a == NULL || b == NULL || a->AceCount != b->AceCount)
    return a == NULL && b == NULL;
  for (DWORD i = 0; i < a->AceCount; i++)
    if (!same_entry(a, b, i))
      return false;
  return true;
}

struct parts {
  PSID owner, group;
  ACL *dacl, *label;
};

static bool take_apart(PSECURITY_DESCRIPTOR descriptor, struct parts *out) {
  BOOL present = FALSE, defaulted = FALSE;
  memset(out, 0, sizeof *out);
  return GetSecurityDescriptorOwner(descriptor, &out->owner, &defaulted) &&
         GetSecurityDescriptorGroup(descriptor, &out->group, &defaulted) &&
         GetSecurityDescriptorDacl(descriptor, &present, &out->dacl, &defaulted) &&
         GetSecurityDescriptorSacl(descriptor, &present, &out->label, &defaulted) &&
         out->owner != NULL && out->group != NULL;
}

bool win_pipe_security_same(PSECURITY_DESCRIPTOR a, PSECURITY_DESCRIPTOR b) {
  struct parts one, other;
  return take_apart(a, &one) && take_apart(b, &other) &&
         EqualSid(one.owner, other.owner) && EqualSid(one.group, other.group) &&
         same_list(one.dacl, other.dacl) && same_list(one.label, other.label);
}
