/* The decision about a folder or file, on descriptors made by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/files/descriptor.h"
#include "service/files/files.h"
#include "service/files/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEM "S-1-5-18"
#define ADMINISTRATORS "S-1-5-32-544"
#define USERS "S-1-5-32-545"
#define INSTALLER "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
#define SOMEBODY "S-1-5-21-1004336348-1177238915-682003330-1001"
#define SELF "S-1-5-21-1-2-3-1000"
#define FULL 0x1f01ffu
#define READ 0x1200a9u
#define FOLDER "C:\\ProgramData\\PortGuard"
#define FILE_PATH FOLDER "\\config.json"

/* --- descriptors --- */

struct entry {
  uint8_t type, flags;
  uint32_t mask;
  const char *sid;
};

struct bytes {
  uint8_t data[2048];
  size_t len;
};

static void add(struct bytes *bytes, uint64_t value, unsigned count) {
  assert_true(bytes->len + count <= sizeof bytes->data);
  for (unsigned i = 0; i < count; i++)
    bytes->data[bytes->len++] = (uint8_t)(value >> (8 * i));
}

static void put(struct bytes *bytes, size_t at, uint32_t value, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    bytes->data[at + i] = (uint8_t)(value >> (8 * i));
}

static void add_sid(struct bytes *bytes, const char *text) {
  size_t count_at = bytes->len + 1;
  char *end = NULL;
  assert_int_equal(strncmp(text, "S-1-", 4), 0);
  unsigned long long authority = strtoull(text + 4, &end, 0);
  add(bytes, 1, 2);
  for (int shift = 40; shift >= 0; shift -= 8)
    add(bytes, authority >> shift & 0xff, 1);
  while (*end == '-') {
    add(bytes, strtoull(end + 1, &end, 10), 4);
    bytes->data[count_at]++;
  }
}

static void add_entry(struct bytes *bytes, const struct entry *entry) {
  size_t at = bytes->len;
  add(bytes, entry->type, 1);
  add(bytes, entry->flags, 1);
  add(bytes, 0, 2);
  add(bytes, entry->mask, 4);
  add_sid(bytes, entry->sid);
  put(bytes, at + 2, (uint32_t)(bytes->len - at), 2);
}

/* |entries| NULL: no access list at all. */
static void describe(struct bytes *bytes, const char *owner, const struct entry *entries,
                     size_t count) {
  bytes->len = 0;
  add(bytes, 1, 2);
  add(bytes, entries != NULL ? 0x8004 : 0x8000, 2);
  for (int i = 0; i < 4; i++)
    add(bytes, 0, 4);
  if (owner != NULL) {
    put(bytes, 4, (uint32_t)bytes->len, 4);
    add_sid(bytes, owner);
  }
  if (entries == NULL)
    return;
  size_t acl = bytes->len;
  put(bytes, 16, (uint32_t)acl, 4);
  add(bytes, 2, 4);
  add(bytes, count, 4);
  for (size_t i = 0; i < count; i++)
    add_entry(bytes, &entries[i]);
  put(bytes, acl + 2, (uint32_t)(bytes->len - acl), 2);
}

/* --- judging --- */

static const struct entry good[] = {
    {0, 3, FULL, SYSTEM}, {0, 3, FULL, ADMINISTRATORS}, {0, 3, READ, USERS}};

static struct trust_windows seen_of(const struct bytes *bytes, bool folder) {
  return (struct trust_windows){
      .path = folder ? FOLDER : FILE_PATH,
      .final_path = folder ? "c:\\programdata\\PORTGUARD" : FILE_PATH,
      .folder = folder,
      .links = 1,
      .descriptor = bytes->data,
      .descriptor_len = bytes->len,
      .self = SELF,
  };
}

static void expect_trusted(const struct trust_windows *seen) {
  struct pg_fault fault = {0};
  if (trust_windows(seen, &fault) != PG_OK)
    fail_msg("%s", fault.message);
}

static void expect_refused(const struct trust_windows *seen, const char *why,
                           const char *hint) {
  struct pg_fault fault = {0};
  assert_int_equal(trust_windows(seen, &fault), PG_E_REFUSED);
  assert_int_equal(fault.code, PG_E_REFUSED);
  assert_string_equal(fault.rule, FILES_RULE);
  if (strstr(fault.message, why) == NULL || strstr(fault.message, seen->path) == NULL)
    fail_msg("\"%s\" does not say \"%s\" of \"%s\"", fault.message, why, seen->path);
  assert_string_equal(fault.hint, hint);
  assert_int_equal(trust_windows(seen, NULL), PG_E_REFUSED);
}

static void expect_of(const char *owner, const struct entry *entries, size_t count,
                      bool folder, const char *why, const char *hint) {
  struct bytes bytes;
  describe(&bytes, owner, entries, count);
  struct trust_windows seen = seen_of(&bytes, folder);
  if (why == NULL)
    expect_trusted(&seen);
  else
    expect_refused(&seen, why, hint);
}

static void what_the_service_makes_itself_is_trusted(void **state) {
  static const char *const owners[] = {SYSTEM, ADMINISTRATORS, INSTALLER, SELF};
  (void)state;
  for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
    expect_of(owners[i], good, 3, true, NULL, NULL);
    expect_of(owners[i], good, 3, false, NULL, NULL);
  }
}

static void an_empty_access_list_lets_nobody_write(void **state) {
  (void)state;
  expect_of(SYSTEM, good, 0, true, NULL, NULL);
}

static void another_owner_is_refused_and_who_should_own_it_is_said(void **state) {
  (void)state;
  expect_of(SOMEBODY, good, 3, true,
            "it belongs to " SOMEBODY
            ", expected SYSTEM, Administrators or TrustedInstaller",
            "icacls \"" FOLDER "\" /setowner \"*S-1-5-32-544\"");
  expect_of(USERS, good, 3, false, "it belongs to Users (S-1-5-32-545)",
            "icacls \"" FILE_PATH "\" /setowner \"*S-1-5-32-544\"");
  expect_of(NULL, good, 3, true, "it belongs to nobody",
            "icacls \"" FOLDER "\" /setowner \"*S-1-5-32-544\"");
  /* The numbers of TrustedInstaller, one of them another. */
  expect_of("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478465", good, 3,
            false, "it belongs to S-1-5-80-",
            "icacls \"" FILE_PATH "\" /setowner \"*S-1-5-32-544\"");
}

static void each_right_to_change_is_refused_to_others(void **state) {
  static const uint32_t rights[] = {0x2,     0x4,     0x10,    0x40,       0x100,
                                    0x10000, 0x40000, 0x80000, 0x10000000, 0x40000000};
  (void)state;
  for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
    struct entry entries[] = {good[0], good[1], {0, 0, rights[i], SOMEBODY}};
    expect_of(SYSTEM, entries, 3, false, SOMEBODY " may write to it",
              "icacls \"" FILE_PATH "\" /reset");
    entries[2].sid = SELF;
    expect_of(SYSTEM, entries, 3, false, NULL, NULL);
  }
}

static void rights_to_read_are_everybodys(void **state) {
  struct entry entries[] = {good[0], {0, 0, READ | 0x80000000u | 0x8, "S-1-1-0"}};
  (void)state;
  expect_of(SYSTEM, entries, 2, false, NULL, NULL);
}

/* As %ProgramData% hands it down to a folder that an installer makes there. */
static void the_rights_of_users_to_create_are_found_and_mended(void **state) {
  struct entry entries[] = {good[0], good[1], {0, 0x12, 0x6, USERS}};
  (void)state;
  expect_of(SYSTEM, entries, 3, true, "Users (S-1-5-32-545) may write to it",
            "icacls \"" FOLDER "\" /inheritance:r /grant:r \"*S-1-5-18:(OI)(CI)F\" "
            "\"*S-1-5-32-544:(OI)(CI)F\" "
            "/remove:g \"*S-1-5-32-545\"");
}

static void what_only_children_inherit_counts_but_for_the_owner(void **state) {
  struct entry entries[] = {good[0], {0, 0x0b, FULL, "S-1-3-0"}, {0, 0, FULL, "S-1-3-4"}};
  (void)state;
  expect_of(SYSTEM, entries, 3, true, NULL, NULL);
  entries[1].sid = "S-1-3-1";
  expect_of(SYSTEM, entries, 2, true, "S-1-3-1 may write to it",
            "icacls \"" FOLDER "\" /inheritance:r /grant:r \"*S-1-5-18:(OI)(CI)F\" "
            "\"*S-1-5-32-544:(OI)(CI)F\" "
            "/remove:g \"*S-1-3-1\"");
}

static void an_entry_that_denies_does_not_make_up_for_one_that_allows(void **state) {
  struct entry entries[] = {{1, 0, FULL, SOMEBODY}, {0, 0, FULL, SOMEBODY}};
  (void)state;
  expect_of(SYSTEM, entries, 1, false, NULL, NULL);
  expect_of(SYSTEM, entries, 2, false, SOMEBODY " may write to it",
            "icacls \"" FILE_PATH "\" /reset");
}

static void an_entry_of_another_kind_is_not_guessed_at(void **state) {
  struct entry entries[] = {good[0], {9, 0, READ, USERS}};
  (void)state;
  expect_of(SYSTEM, entries, 2, false, "an entry of type 9",
            "icacls \"" FILE_PATH "\" /reset");
}

static void without_an_access_list_everybody_may_write(void **state) {
  (void)state;
  expect_of(SYSTEM, NULL, 0, false, "it has no access list",
            "icacls \"" FILE_PATH "\" /reset");
}

static void links_and_other_places_are_refused(void **state) {
  struct bytes bytes;
  (void)state;
  describe(&bytes, SYSTEM, good, 3);
  struct trust_windows seen = seen_of(&bytes, true);
  seen.reparse = true;
  expect_refused(&seen, "it is a link to another place", "cmd /c rmdir \"" FOLDER "\"");
  seen = seen_of(&bytes, false);
  seen.reparse = true;
  expect_refused(&seen, "it is a link to another place", "cmd /c del \"" FILE_PATH "\"");
  seen = seen_of(&bytes, false);
  seen.final_path = "D:\\evil\\config.json";
  expect_refused(&seen, "it leads to \"D:\\evil\\config.json\"", "");
  seen = seen_of(&bytes, false);
  seen.links = 2;
  expect_refused(&seen, "2 names lead to it (hard links), expected 1",
                 "fsutil hardlink list \"" FILE_PATH "\"");
  seen = seen_of(&bytes, true);
  seen.links = 3; /* a folder's are its sub-folders' */
  expect_trusted(&seen);
}

static void an_unknown_self_trusts_nobody_more(void **state) {
  struct bytes bytes;
  (void)state;
  describe(&bytes, SELF, good, 3);
  struct trust_windows seen = seen_of(&bytes, true);
  seen.self = "";
  assert_int_equal(trust_windows(&seen, NULL), PG_E_REFUSED);
  seen.self = NULL;
  assert_int_equal(trust_windows(&seen, NULL), PG_E_REFUSED);
}

/* --- broken bytes --- */

static void a_descriptor_cut_anywhere_is_never_trusted(void **state) {
  struct bytes bytes;
  (void)state;
  describe(&bytes, SYSTEM, good, 3);
  for (size_t len = 0; len < bytes.len; len++) {
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.data, len);
    struct trust_windows seen = seen_of(&bytes, false);
    seen.descriptor = copy;
    seen.descriptor_len = len;
    assert_int_equal(trust_windows(&seen, NULL), PG_E_REFUSED);
    free(copy);
  }
}

/* Every byte with every value: whatever comes out, nothing is read beyond the end. */
static void a_descriptor_with_any_byte_changed_is_read_safely(void **state) {
  struct bytes bytes;
  (void)state;
  describe(&bytes, SYSTEM, good, 3);
  uint8_t *copy = malloc(bytes.len);
  assert_non_null(copy);
  struct trust_windows seen = seen_of(&bytes, false);
  seen.descriptor = copy;
  for (size_t at = 0; at < bytes.len; at++)
    for (unsigned value = 0; value < 256; value++) {
      memcpy(copy, bytes.data, bytes.len);
      copy[at] = (uint8_t)value;
      (void)trust_windows(&seen, NULL);
    }
  free(copy);
}

static void sids_are_written_as_windows_does(void **state) {
  struct bytes bytes;
  struct descriptor descriptor;
  (void)state;
  describe(&bytes, "S-1-0x123456789ABC-4294967295", good, 0);
  assert_true(descriptor_parse(bytes.data, bytes.len, &descriptor));
  assert_string_equal(descriptor.owner, "S-1-0x123456789ABC-4294967295");
  describe(&bytes, INSTALLER, good, 0);
  assert_true(descriptor_parse(bytes.data, bytes.len, &descriptor));
  assert_string_equal(descriptor.owner, INSTALLER);
  assert_true(descriptor.has_dacl);
}

/* --- registry keys --- */

#define KEY "HKLM\\Software\\Policies\\PortGuard"
#define KEY_HINT                                                                 \
  "powershell -Command \"if ((Get-Item Registry::" KEY ").SubKeyCount -eq 0) { " \
  "Rename-Item Registry::" KEY " PortGuard.old; gpupdate /target:computer /force }\""
#define KEY_READ_ALL 0x20019u /* values, subkeys, notices, the descriptor */

static struct trust_windows key_of(const struct bytes *bytes) {
  return (struct trust_windows){
      .key = true, .path = KEY, .descriptor = bytes->data, .descriptor_len = bytes->len};
}

static void a_key_as_windows_makes_it_below_policies_is_trusted(void **state) {
  static const struct entry entries[] = {{0, 2, KEY_READ_ALL, USERS},
                                         {0, 2, 0xf003f, ADMINISTRATORS},
                                         {0, 2, 0xf003f, SYSTEM},
                                         {0, 0xa, 0xf003f, "S-1-3-0"},
                                         {0, 2, KEY_READ_ALL, "S-1-15-2-1"}};
  struct bytes bytes;
  (void)state;
  describe(&bytes, ADMINISTRATORS, entries, 5);
  struct trust_windows seen = key_of(&bytes);
  expect_trusted(&seen);
  describe(&bytes, SYSTEM, entries, 5);
  expect_trusted(&seen);
}

static void each_right_to_change_a_key_is_refused_to_others(void **state) {
  static const uint32_t changes[] = {0x2,     0x4,     0x20,       0x10000,
                                     0x40000, 0x80000, 0x10000000, 0x40000000};
  (void)state;
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    struct entry entries[] = {{0, 2, KEY_READ_ALL | changes[i], SOMEBODY}};
    struct bytes bytes;
    describe(&bytes, SYSTEM, entries, 1);
    struct trust_windows seen = key_of(&bytes);
    expect_refused(&seen, SOMEBODY " may write to it", KEY_HINT);
  }
}

static void a_key_of_somebody_else_or_without_a_list_is_refused(void **state) {
  struct bytes bytes;
  (void)state;
  describe(&bytes, SOMEBODY, good, 0);
  struct trust_windows seen = key_of(&bytes);
  expect_refused(&seen, "it belongs to " SOMEBODY, KEY_HINT);
  seen.descriptor_len = 3;
  expect_refused(&seen, "cannot be read", "");
}

/* --- Linux --- */

static void linux_trusts_root_and_the_caller_when_nobody_else_may_write(void **state) {
  struct trust_posix seen = {
      .path = "/x", .owner = 1000, .self = 1000, .mode = 0644, .links = 1};
  struct pg_fault fault = {0};
  (void)state;
  assert_int_equal(trust_posix(&seen, &fault), PG_OK);
  seen.owner = 0;
  assert_int_equal(trust_posix(&seen, &fault), PG_OK);
  seen.owner = 1001;
  assert_int_equal(trust_posix(&seen, &fault), PG_E_REFUSED);
  assert_string_equal(fault.rule, FILES_RULE);
  assert_string_equal(fault.hint, "sudo chown 1000 \"/x\"");
  seen.owner = 1000;
  for (uint32_t mode = 0; mode <= 07777; mode++) {
    seen.mode = mode;
    assert_int_equal(trust_posix(&seen, &fault) == PG_OK, (mode & 022) == 0);
  }
  assert_string_equal(fault.hint, "chmod go-w \"/x\"");
}

static void linux_refuses_a_second_name_of_a_file(void **state) {
  struct trust_posix seen = {.path = "/x", .mode = 0600, .links = 2};
  struct pg_fault fault = {0};
  (void)state;
  assert_int_equal(trust_posix(&seen, &fault), PG_E_REFUSED);
  assert_non_null(strstr(fault.message, "2 names lead to it"));
  seen.folder = true;
  assert_int_equal(trust_posix(&seen, &fault), PG_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_the_service_makes_itself_is_trusted),
      cmocka_unit_test(an_empty_access_list_lets_nobody_write),
      cmocka_unit_test(another_owner_is_refused_and_who_should_own_it_is_said),
      cmocka_unit_test(each_right_to_change_is_refused_to_others),
      cmocka_unit_test(rights_to_read_are_everybodys),
      cmocka_unit_test(the_rights_of_users_to_create_are_found_and_mended),
      cmocka_unit_test(what_only_children_inherit_counts_but_for_the_owner),
      cmocka_unit_test(an_entry_that_denies_does_not_make_up_for_one_that_allows),
      cmocka_unit_test(an_entry_of_another_kind_is_not_guessed_at),
      cmocka_unit_test(without_an_access_list_everybody_may_write),
      cmocka_unit_test(links_and_other_places_are_refused),
      cmocka_unit_test(an_unknown_self_trusts_nobody_more),
      cmocka_unit_test(a_descriptor_cut_anywhere_is_never_trusted),
      cmocka_unit_test(a_descriptor_with_any_byte_changed_is_read_safely),
      cmocka_unit_test(sids_are_written_as_windows_does),
      cmocka_unit_test(a_key_as_windows_makes_it_below_policies_is_trusted),
      cmocka_unit_test(each_right_to_change_a_key_is_refused_to_others),
      cmocka_unit_test(a_key_of_somebody_else_or_without_a_list_is_refused),
      cmocka_unit_test(linux_trusts_root_and_the_caller_when_nobody_else_may_write),
      cmocka_unit_test(linux_refuses_a_second_name_of_a_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
