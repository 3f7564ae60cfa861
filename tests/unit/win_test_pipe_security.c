/* Proves the pipe's descriptors with AccessCheck: what the kernel would grant to
 * whom, whether or not this system enforces it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/protocol.h"
#include "service/control/win_pipe_security.h"

#include <windows.h>
#include <sddl.h>
#include <string.h>

#define SYSTEM_SID L"S-1-5-18"
#define ADMINISTRATORS_SID L"S-1-5-32-544"
#define AUTHENTICATED_SID L"S-1-5-11"

static const GENERIC_MAPPING file_mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE,
                                             FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};

/* The process's token without the power of some of its groups. */
static HANDLE token_without(const wchar_t *first, const wchar_t *second) {
  SID_AND_ATTRIBUTES disable[2] = {{NULL, 0}, {NULL, 0}};
  const wchar_t *names[] = {first, second};
  HANDLE own = NULL, restricted = NULL, token = NULL;
  DWORD count = 0;
  assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own));
  for (int i = 0; i < 2; i++)
    if (names[i])
      assert_true(ConvertStringSidToSidW(names[i], &disable[count++].Sid));
  assert_true(
      CreateRestrictedToken(own, 0, count, disable, 0, NULL, 0, NULL, &restricted));
  assert_true(DuplicateToken(restricted, SecurityIdentification, &token));
  while (count > 0)
    LocalFree(disable[--count].Sid);
  CloseHandle(restricted);
  CloseHandle(own);
  return token;
}

static bool is_system(void) {
  char user[PG_USER_CHARS];
  assert_true(win_process_user(GetCurrentProcess(), user, sizeof user));
  return strcmp(user, "S-1-5-18") == 0;
}

/* All the rights |token| gets, generic ones mapped as for files and pipes. */
static DWORD granted(PSECURITY_DESCRIPTOR descriptor, HANDLE token) {
  GENERIC_MAPPING mapping = file_mapping;
  PRIVILEGE_SET privileges;
  DWORD bytes = sizeof privileges, rights = 0;
  BOOL ok = FALSE;
  assert_true(AccessCheck(descriptor, token, MAXIMUM_ALLOWED, &mapping, &privileges,
                          &bytes, &rights, &ok));
  return ok ? rights : 0;
}

static bool grants(PSECURITY_DESCRIPTOR descriptor, HANDLE token, DWORD wanted) {
  GENERIC_MAPPING mapping = file_mapping;
  PRIVILEGE_SET privileges;
  DWORD bytes = sizeof privileges, rights = 0;
  BOOL ok = FALSE;
  assert_true(AccessCheck(descriptor, token, wanted, &mapping, &privileges, &bytes,
                          &rights, &ok));
  return ok && rights == wanted;
}

static PSECURITY_DESCRIPTOR descriptor_of(enum listener_access access) {
  struct pg_fault fault;
  PSECURITY_DESCRIPTOR descriptor = win_pipe_security(access, &fault);
  assert_non_null(descriptor);
  return descriptor;
}

static void check_rights(enum listener_access access, const wchar_t *without,
                         const wchar_t *also_without, DWORD expected) {
  PSECURITY_DESCRIPTOR status = descriptor_of(access);
  HANDLE token = token_without(without, also_without);
  assert_int_equal(granted(status, token), expected);
  CloseHandle(token);
  LocalFree(status);
}

static void the_status_pipe_gives_this_user_read_and_write_only(void **state) {
  (void)state;
  if (is_system())
    skip();
  check_rights(LISTENER_STATUS, NULL, NULL, PG_PIPE_CLIENT_ACCESS);
}

static void a_user_who_is_no_administrator_gets_the_same(void **state) {
  (void)state;
  if (is_system())
    skip();
  check_rights(LISTENER_STATUS, ADMINISTRATORS_SID, NULL, PG_PIPE_CLIENT_ACCESS);
}

static void who_is_not_authenticated_gets_nothing(void **state) {
  (void)state;
  if (is_system())
    skip();
  check_rights(LISTENER_STATUS, ADMINISTRATORS_SID, AUTHENTICATED_SID, 0);
}

static void a_client_can_open_with_exactly_the_mask_it_asks_for(void **state) {
  (void)state;
  PSECURITY_DESCRIPTOR status = descriptor_of(LISTENER_STATUS);
  HANDLE token = token_without(ADMINISTRATORS_SID, NULL);
  assert_true(grants(status, token, PG_PIPE_CLIENT_ACCESS));
  CloseHandle(token);
  LocalFree(status);
}

static void the_control_pipe_gives_administrators_read_and_write_only(void **state) {
  (void)state;
  if (is_system())
    skip();
  check_rights(LISTENER_CONTROL, NULL, NULL, PG_PIPE_CLIENT_ACCESS);
}

static void the_control_pipe_gives_nobody_else_anything(void **state) {
  (void)state;
  if (is_system())
    skip();
  check_rights(LISTENER_CONTROL, ADMINISTRATORS_SID, NULL, 0);
  check_rights(LISTENER_CONTROL, ADMINISTRATORS_SID, AUTHENTICATED_SID, 0);
}

static void check_no_instances(enum listener_access access) {
  PSECURITY_DESCRIPTOR status = descriptor_of(access);
  HANDLE plain = token_without(ADMINISTRATORS_SID, NULL);
  HANDLE administrator = token_without(NULL, NULL);
  assert_false(grants(status, plain, FILE_CREATE_PIPE_INSTANCE));
  assert_false(grants(status, administrator, FILE_CREATE_PIPE_INSTANCE));
  assert_false(grants(status, administrator, WRITE_DAC));
  assert_false(grants(status, administrator, WRITE_OWNER));
  CloseHandle(administrator);
  CloseHandle(plain);
  LocalFree(status);
}

static void nobody_but_system_can_add_an_instance(void **state) {
  (void)state;
  if (is_system())
    skip();
  check_no_instances(LISTENER_STATUS);
  check_no_instances(LISTENER_CONTROL);
}

/* The list itself, for the one identity no test can put on. */
static void check_system_alone(enum listener_access access) {
  ACL_SIZE_INFORMATION size;
  BOOL present = FALSE, defaulted = FALSE;
  ACL *acl = NULL;
  PSID system = NULL;
  PSECURITY_DESCRIPTOR status = descriptor_of(access);
  assert_true(ConvertStringSidToSidW(SYSTEM_SID, &system));
  assert_true(GetSecurityDescriptorDacl(status, &present, &acl, &defaulted));
  assert_true(present && GetAclInformation(acl, &size, sizeof size, AclSizeInformation));
  for (DWORD i = 0; i < size.AceCount; i++) {
    ACCESS_ALLOWED_ACE *ace = NULL;
    assert_true(GetAce(acl, i, (void **)&ace));
    if (ace->Header.AceType != ACCESS_ALLOWED_ACE_TYPE)
      continue;
    DWORD mask = ace->Mask;
    MapGenericMask(&mask, (GENERIC_MAPPING *)&file_mapping);
    assert_int_equal((mask & FILE_CREATE_PIPE_INSTANCE) != 0,
                     EqualSid(&ace->SidStart, system) != 0);
  }
  LocalFree(system);
  LocalFree(status);
}

static void system_alone_has_everything(void **state) {
  (void)state;
  check_system_alone(LISTENER_STATUS);
  check_system_alone(LISTENER_CONTROL);
}

static void check_owner(enum listener_access access) {
  PSID owner = NULL, system = NULL;
  BOOL defaulted = TRUE;
  PSECURITY_DESCRIPTOR status = descriptor_of(access);
  assert_true(ConvertStringSidToSidW(SYSTEM_SID, &system));
  assert_true(GetSecurityDescriptorOwner(status, &owner, &defaulted));
  assert_true(EqualSid(owner, system));
  LocalFree(system);
  LocalFree(status);
}

static void both_pipes_belong_to_system(void **state) {
  (void)state;
  check_owner(LISTENER_STATUS);
  check_owner(LISTENER_CONTROL);
}

static void a_development_pipe_is_for_its_user_alone(void **state) {
  (void)state;
  char user[PG_USER_CHARS];
  wchar_t *sid = NULL;
  PSID owner = NULL;
  BOOL defaulted = TRUE;
  PSECURITY_DESCRIPTOR own = descriptor_of(LISTENER_DEVELOPMENT);
  HANDLE token = token_without(NULL, NULL);
  assert_int_equal(granted(own, token), FILE_ALL_ACCESS);
  assert_true(GetSecurityDescriptorOwner(own, &owner, &defaulted));
  assert_true(ConvertSidToStringSidW(owner, &sid));
  assert_true(win_process_user(GetCurrentProcess(), user, sizeof user));
  for (size_t i = 0; user[i] || sid[i]; i++)
    assert_int_equal((unsigned char)user[i], sid[i]);
  LocalFree(sid);
  CloseHandle(token);
  LocalFree(own);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_status_pipe_gives_this_user_read_and_write_only),
      cmocka_unit_test(a_user_who_is_no_administrator_gets_the_same),
      cmocka_unit_test(who_is_not_authenticated_gets_nothing),
      cmocka_unit_test(a_client_can_open_with_exactly_the_mask_it_asks_for),
      cmocka_unit_test(nobody_but_system_can_add_an_instance),
      cmocka_unit_test(system_alone_has_everything),
      cmocka_unit_test(the_control_pipe_gives_administrators_read_and_write_only),
      cmocka_unit_test(the_control_pipe_gives_nobody_else_anything),
      cmocka_unit_test(both_pipes_belong_to_system),
      cmocka_unit_test(a_development_pipe_is_for_its_user_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
