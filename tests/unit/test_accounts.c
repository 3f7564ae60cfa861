#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "service/sources/accounts.h"

#include "common/limits.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

static void append(void *context, const char *sid) {
  struct pg_text *out = context;
  pg_text_printf(out, "%s%s", out->len > 0 ? " " : "", sid);
}

static void expect(const char *sddl, bool whole, const char *sids) {
  struct pg_text out;
  pg_text_init(&out, 4096);
  assert_int_equal(accounts_in_sddl(sddl, append, &out), whole);
  assert_string_equal(pg_text_str(&out), sids);
  pg_text_free(&out);
}

/* --- descriptors --- */

static void the_account_of_a_plain_descriptor_is_found(void **state) {
  (void)state;
  expect("D:(A;;GX;;;WD)", true, "S-1-1-0");
  expect("D:(A;;GX;;;S-1-5-21-1-2-3-1001)", true, "S-1-5-21-1-2-3-1001");
  expect("D:", true, "");
}

static void every_entry_is_found_in_order(void **state) {
  (void)state;
  expect("D:(A;;GX;;;NS)(A;;GX;;;BA)(A;;GX;;;S-1-5-80-1-2-3-4-5)", true,
         "S-1-5-20 S-1-5-32-544 S-1-5-80-1-2-3-4-5");
}

static void registering_and_delegating_both_count(void **state) {
  (void)state;
  expect("D:(A;;GX;;;WD)(A;;GW;;;NS)(A;;GA;;;BA)(A;;GXGW;;;LS)(A;;GRGX;;;SY)", true,
         "S-1-1-0 S-1-5-20 S-1-5-32-544 S-1-5-19 S-1-5-18");
}

static void other_rights_do_not_count(void **state) {
  (void)state;
  expect("D:(A;;GR;;;WD)(A;;RPWP;;;NS)(A;;;;;BA)(A;;XG;;;SY)(A;;AGXW;;;LS)", true, "");
}

static void rights_may_be_a_number(void **state) {
  (void)state;
  expect("D:(A;;0x20000000;;;WD)(A;;0x40000000;;;NS)(A;;0X10000000;;;BA)", true,
         "S-1-1-0 S-1-5-20 S-1-5-32-544");
  expect("D:(A;;0x70000000;;;WD)(A;;0x80000000;;;NS)(A;;0x1;;;BA)(A;;0x;;;SY)", true,
         "S-1-1-0");
  expect("D:(A;;0x00000000020000000;;;WD)(A;;0xzz;;;NS)(A;;-1;;;BA)", true, "");
}

static void entries_that_deny_are_passed_over(void **state) {
  (void)state;
  expect("D:(D;;GX;;;AN)(A;;GX;;;WD)(D;;GA;;;BG)", true, "S-1-1-0");
  expect("D:(OA;;GX;;;WD)(AU;;GX;;;WD)(XA;;GX;;;WD)", true, "");
}

static void owner_group_and_flags_are_passed_over(void **state) {
  (void)state;
  expect("O:BAG:SYD:(A;;GX;;;WD)", true, "S-1-1-0");
  expect("O:DAG:DUD:(A;;GX;;;WD)", true, "S-1-1-0");
  expect("O:S-1-5-32-544G:S-1-5-18D:P(A;;GX;;;NS)", true, "S-1-5-20");
  expect("D:PAI(A;;GX;;;WD)", true, "S-1-1-0");
  expect("D:ARAI(A;CIOI;GX;;;WD)", true, "S-1-1-0");
}

static void the_system_list_is_passed_over(void **state) {
  (void)state;
  expect("D:(A;;GX;;;WD)S:(AU;FA;GX;;;BA)", true, "S-1-1-0");
  expect("O:SYG:SYD:(A;;GX;;;WD)S:(ML;;NW;;;LW)", true, "S-1-1-0");
}

static void letters_of_a_domain_stay_letters(void **state) {
  (void)state;
  expect("D:(A;;GX;;;DA)(A;;GX;;;LA)", true, "DA LA");
  assert_string_equal(account_well_known("DA"), "Domain Admins");
}

static void broken_descriptors_are_noticed(void **state) {
  static const char *const broken[] = {
      "",
      "Everyone",
      "O:BAG:SY",
      "S:(A;;GX;;;WD)",
      "(A;;GX;;;WD)",
      "D:(",
      "D:()",
      "D:(A",
      "D:(A;;GX;;;",
      "D:(A;;GX;;;WD",
      "D:(A;;GX;;WD)",
      "D:(A;;GX;;;;WD)",
      "D:(A;;GX;;;)",
      "D:(A;;GX;;;ZZ)",
      "D:(A;;GX;;;wd)",
      "D:(A;;GX;;;S-2-5)",
      "D:(A;;GX;;;S-1-)",
      "D:(A;;GX;;;S-1-5-20\x1B[2J)",
      "D:((A;;GX;;;WD))",
      "D:A;;GX;;;WD",
      "D: (A;;GX;;;WD)",
      "D:\xFF\xFE",
  };
  (void)state;
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    expect(broken[i], false, "");
}

static void what_stands_before_the_broken_place_counts(void **state) {
  (void)state;
  expect("D:(A;;GX;;;WD)(A;;GX;;;S-1-5-", false, "S-1-1-0");
  expect("D:(A;;GX;;;WD)(A;;GX;;;ZZ)(A;;GX;;;NS)", false, "S-1-1-0");
  expect("D:(A;;GX;;;WD)x", false, "S-1-1-0");
  expect("D:(A;;GX;;;WD)D:(A;;GX;;;NS)", false, "S-1-1-0");
}

static void a_descriptor_cut_at_any_byte_names_nobody_new(void **state) {
  static const char whole[] = "O:BAG:SYD:P(A;;GX;;;NS)(A;;GX;;;S-1-5-80-11-22)";
  (void)state;
  for (size_t len = 0; len < sizeof whole - 1; len++) {
    char cut[sizeof whole] = "";
    struct pg_text out;
    memcpy(cut, whole, len);
    pg_text_init(&out, 256);
    bool said = accounts_in_sddl(cut, append, &out);
    size_t first = strlen("O:BAG:SYD:P(A;;GX;;;NS)");
    assert_string_equal(pg_text_str(&out), len < first ? "" : "S-1-5-20");
    bool between =
        len == first || strcmp(cut, "O:BAG:SYD:") == 0 || strcmp(cut, "O:BAG:SYD:P") == 0;
    assert_int_equal(said, between);
    pg_text_free(&out);
  }
}

static void a_sid_longer_than_any_is_broken(void **state) {
  char sddl[PG_SID_CHARS + 64];
  char digits[PG_SID_CHARS];
  (void)state;
  memset(digits, '1', sizeof digits);
  digits[PG_SID_CHARS - 5] = '\0'; /* with "S-1-" one less than the room */
  (void)snprintf(sddl, sizeof sddl, "D:(A;;GX;;;S-1-%s)", digits);
  char sid[PG_SID_CHARS + 16];
  (void)snprintf(sid, sizeof sid, "S-1-%s", digits);
  expect(sddl, true, sid);
  digits[PG_SID_CHARS - 5] = '1';
  digits[PG_SID_CHARS - 4] = '\0';
  (void)snprintf(sddl, sizeof sddl, "D:(A;;GX;;;S-1-%s)", digits);
  expect(sddl, false, "");
}

/* --- names --- */

static void sids_of_every_machine_have_english_names(void **state) {
  (void)state;
  assert_string_equal(account_well_known("S-1-1-0"), "Everyone");
  assert_string_equal(account_well_known("S-1-5-20"), "NETWORK SERVICE");
  assert_string_equal(account_well_known("S-1-5-32-544"), "Administrators");
  assert_null(account_well_known("S-1-5-32-5445"));
  assert_null(account_well_known("S-1-5-21-1-2-3-500"));
  assert_null(account_well_known("WD"));
  assert_null(account_well_known(""));
}

static void names_are_found_again_whatever_their_order(void **state) {
  struct account_names *names = account_names_new();
  char sid[32], name[32];
  (void)state;
  assert_non_null(names);
  for (unsigned i = 0; i < 200; i++) {
    (void)snprintf(sid, sizeof sid, "S-1-5-21-%u", i * 7919 % 200);
    (void)snprintf(name, sizeof name, "SHOP01\\user%u", i * 7919 % 200);
    assert_int_equal(account_names_add(names, sid, name), PG_OK);
  }
  for (unsigned i = 0; i < 200; i++) {
    (void)snprintf(sid, sizeof sid, "S-1-5-21-%u", i);
    (void)snprintf(name, sizeof name, "SHOP01\\user%u", i);
    assert_string_equal(account_names_find(names, sid), name);
  }
  assert_null(account_names_find(names, "S-1-5-21-200"));
  account_names_free(names);
}

static void the_first_name_of_a_sid_stays(void **state) {
  struct account_names *names = account_names_new();
  (void)state;
  assert_int_equal(account_names_add(names, "S-1-5-21-1", ""), PG_OK);
  assert_int_equal(account_names_add(names, "S-1-5-21-1", "late"), PG_OK);
  assert_string_equal(account_names_find(names, "S-1-5-21-1"), "");
  account_names_free(names);
}

static void no_names_at_all_are_fine(void **state) {
  (void)state;
  assert_null(account_names_find(NULL, "S-1-5-21-1"));
  account_names_free(NULL);
}

static void too_many_names_are_refused(void **state) {
  struct account_names *names = account_names_new();
  char sid[32];
  (void)state;
  for (unsigned i = 0; i < PG_ACCOUNTS_MAX; i++) {
    (void)snprintf(sid, sizeof sid, "S-1-5-21-%u", i);
    assert_int_equal(account_names_add(names, sid, "x"), PG_OK);
  }
  assert_int_equal(account_names_add(names, "S-1-5-22", "x"), PG_E_TOOBIG);
  assert_null(account_names_find(names, "S-1-5-22"));
  assert_int_equal(account_names_add(names, "S-1-5-21-0", "x"), PG_OK);
  account_names_free(names);
}

/* --- whom to ask about next --- */

static void names_that_are_missing_are_asked_for_one_by_one(void **state) {
  struct pg_reservation rows[] = {
      {.url = "http://+:80/a/", .sddl = "D:(A;;GX;;;WD)(A;;GX;;;S-1-5-21-9)"},
      {.url = "http://+:80/b/", .sddl = NULL},
      {.url = "http://+:80/c/", .sddl = "D:(A;;GX;;;S-1-5-21-8)(A;;GX;;;"},
  };
  struct pg_network network = {.reservations = rows, .reservation_count = 3};
  struct account_names *names = account_names_new();
  char sid[PG_SID_CHARS];
  (void)state;
  assert_true(account_names_missing(NULL, &network, sid, sizeof sid));
  assert_string_equal(sid, "S-1-5-21-9");
  assert_int_equal(account_names_add(names, "S-1-5-21-9", "SHOP01\\web"), PG_OK);
  assert_true(account_names_missing(names, &network, sid, sizeof sid));
  assert_string_equal(sid, "S-1-5-21-8");
  assert_int_equal(account_names_add(names, "S-1-5-21-8", ""), PG_OK);
  assert_false(account_names_missing(names, &network, sid, sizeof sid));
  account_names_free(names);
}

static void nobody_is_missing_without_reservations(void **state) {
  struct pg_network network = {0};
  char sid[PG_SID_CHARS];
  (void)state;
  assert_false(account_names_missing(NULL, &network, sid, sizeof sid));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_account_of_a_plain_descriptor_is_found),
      cmocka_unit_test(every_entry_is_found_in_order),
      cmocka_unit_test(registering_and_delegating_both_count),
      cmocka_unit_test(other_rights_do_not_count),
      cmocka_unit_test(rights_may_be_a_number),
      cmocka_unit_test(entries_that_deny_are_passed_over),
      cmocka_unit_test(owner_group_and_flags_are_passed_over),
      cmocka_unit_test(the_system_list_is_passed_over),
      cmocka_unit_test(letters_of_a_domain_stay_letters),
      cmocka_unit_test(broken_descriptors_are_noticed),
      cmocka_unit_test(what_stands_before_the_broken_place_counts),
      cmocka_unit_test(a_descriptor_cut_at_any_byte_names_nobody_new),
      cmocka_unit_test(a_sid_longer_than_any_is_broken),
      cmocka_unit_test(sids_of_every_machine_have_english_names),
      cmocka_unit_test(names_are_found_again_whatever_their_order),
      cmocka_unit_test(the_first_name_of_a_sid_stays),
      cmocka_unit_test(no_names_at_all_are_fine),
      cmocka_unit_test(too_many_names_are_refused),
      cmocka_unit_test(names_that_are_missing_are_asked_for_one_by_one),
      cmocka_unit_test(nobody_is_missing_without_reservations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
