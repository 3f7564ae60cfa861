#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "explain_case.h"

#include "common/limits.h"

#include <string.h>

typedef void list_writer(struct pg_json *, const struct pg_snapshot *,
                         const struct explain_times *);

static void check(const char *json, list_writer *write, int64_t age,
                  const char *expected) {
  struct pg_snapshot *snapshot = case_of(json);
  struct explain_times times = {
      .sampled_at = 1000, .age_ms = 12, .http_age_ms = -1, .network_age_ms = age};
  struct pg_text out;
  struct pg_json writer;
  pg_text_init(&out, PG_MIB);
  pg_json_start(&writer, &out);
  write(&writer, snapshot, &times);
  assert_string_equal(pg_text_str(&out), expected);
  pg_text_free(&out);
  snapshot_unref(snapshot);
}

#define FRAME(age, complete)                                             \
  "{\"schema\":1,\"sampled_at\":\"1970-01-01T00:00:01Z\",\"age_ms\":12," \
  "\"http_age_ms\":null,\"network_age_ms\":" age ",\"complete\":" complete ","

static const char machine[] =
    CASE("", ",\"http\":{\"service_state_text\":\"\",\"url_reservations\":["
             "{\"url\":\"http://+:80/x/\",\"sddl\":\"D:(A;;GX;;;WD)\","
             "\"accounts\":[\"Everyone\"]},"
             "{\"url\":\"https://+:5986/wsman/\",\"sddl\":null}],"
             "\"ip_listen_list\":[\"127.0.0.2\",\"not an address\"],"
             "\"certificate_bindings\":[{\"endpoint\":\"0.0.0.0:443\",\"hash\":\"ab01\","
             "\"store\":\"MY\",\"app_id\":\"{4dc3e181-e14b-4a21-b022-59fc669b0914}\"},"
             "{\"endpoint\":\"shop.example:443\",\"hash\":null}]}");

static void reservations_are_told_with_their_accounts(void **state) {
  (void)state;
  check(machine, explain_reservations, 840,
        FRAME("840", "true") "\"reservations\":["
                             "{\"url\":\"http://+:80/x/\",\"sddl\":\"D:(A;;GX;;;WD)\","
                             "\"accounts\":[\"Everyone\"]},"
                             "{\"url\":\"https://+:5986/wsman/\",\"sddl\":null,"
                             "\"accounts\":[]}],\"warnings\":[]}");
}

static void the_listen_list_is_told_as_it_is(void **state) {
  (void)state;
  check(machine, explain_listen_list, 0,
        FRAME("0", "true") "\"ip_listen_list\":[\"127.0.0.2\",\"not an address\"],"
                           "\"warnings\":[]}");
}

static void certificates_are_told_with_what_is_known(void **state) {
  (void)state;
  check(machine, explain_certificates, 5,
        FRAME("5", "true") "\"certificates\":["
                           "{\"endpoint\":\"0.0.0.0:443\",\"hash\":\"ab01\",\"store\":"
                           "\"MY\",\"app_id\":\"{4dc3e181-e14b-4a21-b022-59fc669b0914}\"}"
                           ",{\"endpoint\":\"shop.example:443\",\"hash\":null,"
                           "\"store\":null,\"app_id\":null}],\"warnings\":[]}");
}

static void a_list_that_was_not_read_is_null_and_not_empty(void **state) {
  (void)state;
  check(CASE("", FAILED("http.url_reservations")), explain_reservations, -1,
        FRAME("null", "false") "\"reservations\":null,\"warnings\":["
                               "\"http.url_reservations: it was refused; who may "
                               "register URLs is not known\"]}");
  check(CASE("", ""), explain_listen_list, -1,
        FRAME("null", "false") "\"ip_listen_list\":null,\"warnings\":["
                               "\"http.ip_listen_list: not available; where HTTP.sys "
                               "may listen is not known\"]}");
}

static void a_broken_descriptor_is_said(void **state) {
  (void)state;
  check(CASE("", ",\"http\":{\"url_reservations\":[{\"url\":\"http://+:80/\","
                 "\"sddl\":\"D:(A;;GX;;;WD)(A;;GX\"}]}"),
        explain_reservations, 5,
        FRAME("5", "true") "\"reservations\":[{\"url\":\"http://+:80/\","
                           "\"sddl\":\"D:(A;;GX;;;WD)(A;;GX\","
                           "\"accounts\":[\"Everyone\"]}],\"warnings\":["
                           "\"the security descriptor of the reservation http://+:80/ "
                           "is broken: whom it lets register is not known in full\"]}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reservations_are_told_with_their_accounts),
      cmocka_unit_test(the_listen_list_is_told_as_it_is),
      cmocka_unit_test(certificates_are_told_with_what_is_known),
      cmocka_unit_test(a_list_that_was_not_read_is_null_and_not_empty),
      cmocka_unit_test(a_broken_descriptor_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
