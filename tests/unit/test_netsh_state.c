#include "tests/unit/netsh_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The machine that most fixtures show, without and with generation C's services. */
static const char machine[] =
    "ok - 1720 http://+:5985/WSMAN/ http://+:47001/WSMAN/\n"
    "ok - 2668 http://+:80/116B50EB-ECE2-41AC-8429-9F9E963361B7/\n"
    "ok - 1340 http://*:2869/\n"
    "ok DefaultAppPool 3248 <3408 http://*:80/\n"
    "ok ShopPool <3408 http://shop.example:8080/ https://shop.example:443/\n"
    "ok .NET v4.5 Classic <3408\n"
    "ok - 4100 4104 http://127.0.0.1:9000:127.0.0.1/APP/ http://[::1]:8080/APP/"
    " http://[fe80::1]:8100:[FE80::1]/\xC3\x84/ https://+:44300/My Files/\n";

static const char machine_c[] =
    "ok - 1720 =WinRM #WinRM http://+:5985/WSMAN/ http://+:47001/WSMAN/\n"
    "ok - 2668 =PeerDistSvc #PeerDistSvc"
    " http://+:80/116B50EB-ECE2-41AC-8429-9F9E963361B7/\n"
    "ok - 1340 =SSDPSRV =upnphost #upnphost http://*:2869/\n"
    "ok DefaultAppPool 3248 <3408 http://*:80/\n"
    "ok ShopPool <3408 http://shop.example:8080/ https://shop.example:443/\n"
    "ok .NET v4.5 Classic <3408\n"
    "ok - 4100 4104 =AcmeWeb =AcmeMon #AcmeWeb http://127.0.0.1:9000:127.0.0.1/APP/"
    " http://[::1]:8080/APP/ http://[fe80::1]:8100:[FE80::1]/\xC3\x84/"
    " https://+:44300/My Files/\n";

static void generation_a_gives_queues_pids_and_urls(void **state) {
  (void)state;
  assert_netsh_fixture("a_english.txt", machine);
}

static void generation_b_gives_the_same_from_processes_with_images(void **state) {
  (void)state;
  assert_netsh_fixture("b_english.txt", machine);
}

static void generation_c_adds_services(void **state) {
  (void)state;
  assert_netsh_fixture("c_english.txt", machine_c);
}

static void every_language_reads_the_same(void **state) {
  (void)state;
  assert_netsh_fixture("a_german.txt", machine);
  assert_netsh_fixture("c_german.txt", machine_c);
  assert_netsh_fixture("a_japanese.txt", machine);
  assert_netsh_fixture("c_japanese.txt", machine_c);
}

static void later_blocks_may_be_indented_deeper(void **state) {
  (void)state;
  assert_netsh_fixture("a_later_blocks_deeper.txt", machine);
}

/* Bytes of a double-byte code page: second bytes are backslashes (0x5C) and
 * letters, and must not be taken for paths or URLs. */
static void double_byte_text_reads_the_same(void **state) {
  struct pg_text text;
  (void)state;
  netsh_fixture("c_japanese_cp932.txt", &text);
  assert_non_null(memchr(text.data, '\\', text.len));
  assert_false(pg_utf8_valid(text.data, text.len));
  struct pg_snapshot *snapshot = netsh_parsed(text.data, text.len, PG_OK);
  assert_int_equal(snapshot->queue_count, 7);
  const struct pg_http_queue *queue =
      netsh_queue_of(snapshot, "http://127.0.0.1:9000:127.0.0.1/APP/");
  assert_non_null(queue);
  assert_true(queue->counts_agree);
  assert_null(queue->name);
  assert_int_equal(queue->pid_count, 2);
  assert_int_equal(queue->pids[1], 4104);
  assert_string_equal(queue->tagged_service, "AcmeWeb");
  snapshot_unref(snapshot);
  pg_text_free(&text);
}

static void second_bytes_that_look_like_ascii_make_no_path_and_no_number(void **state) {
  (void)state;
  assert_netsh("\x97\x76\x8B\x81\x83\x4C\x83\x85\x81\x5B\x96\xBC: Pool\n"
               "    \x83\x5C\x81\x5C: 7, \x95\x5C\x83\x7B\n" /* 7, … with 0x5C inside */
               "    \x90\x94\x83\x5C: 1\n"
               "    \x83\x76\x83\x8D\x83\x5C:\n"
               "        ID: 4100\x81\x41\x83\x43\x83\x81\x81\x5B\x83\x57: <?>\n"
               "    \x93\x6F\x98\x5E URL:\n"
               "        HTTP://+:8080/\x83\x5C/\n",
               "ok Pool 4100 http://+:8080/\x83\x5C/\n");
}

static void ports_are_whole_numbers_with_whatever_address_behind_them(void **state) {
  struct pg_text text;
  (void)state;
  netsh_fixture("b_english.txt", &text);
  struct pg_snapshot *snapshot = netsh_parsed(text.data, text.len, PG_OK);
  const struct pg_http_queue *queue = &snapshot->queues[6];
  static const uint16_t ports[] = {9000, 8080, 8100, 44300};
  assert_int_equal(queue->url_count, 4);
  for (size_t i = 0; i < queue->url_count; i++)
    assert_int_equal(queue->urls[i].port, ports[i]);
  snapshot_unref(snapshot);
  pg_text_free(&text);
}

/* One block of generation C with |urls| as its list. */
static void with_urls(struct pg_text *text, const char *urls) {
  pg_text_init(text, 4096);
  pg_text_printf(text, "Q: Pool\n  N: 1\n  P:\n    ID: 44, I: <?>\n  U:\n%s", urls);
}

static void assert_url_is_refused(const char *url) {
  struct pg_text text;
  with_urls(&text, "    HTTP://+:81/\n    ");
  pg_text_printf(&text, "%s\n", url);
  assert_netsh(pg_text_str(&text), "doubt Pool 44 http://+:81/\n");
  pg_text_free(&text);
}

static void what_is_no_registration_is_no_url_and_casts_doubt(void **state) {
  static const char *const urls[] = {
      "HTTP://+:80",       "HTTP://+/",         "HTTP://+:/",       "HTTP://:80/",
      "HTTP://+:0/",       "HTTP://+:65536/",   "HTTP://+:000080/", "HTTP://+:80x/",
      "HTTP://[::1:80/",   "HTTP://[::1]80/",   "HTTP://[::1]/",    "HTTP://+:80:/",
      "HTTP://a b:80/",    "HTTP:///",          "HTTPS://x",        "http://",
      "HTTP://+:80/\x01/", "HTTP://+:80/\x7F/",
  };
  (void)state;
  for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
    assert_url_is_refused(urls[i]);
}

static void only_scheme_and_host_change_case(void **state) {
  struct pg_text text;
  (void)state;
  with_urls(&text, "    HtTpS://SHOP.Example:8443:10.0.0.AB/Path/Q\xC3\x84/\n");
  assert_netsh(pg_text_str(&text),
               "ok Pool 44 https://shop.example:8443:10.0.0.AB/Path/Q\xC3\x84/\n");
  pg_text_free(&text);
}

static void url_printed_twice_for_a_queue_is_one(void **state) {
  (void)state;
  assert_netsh_fixture(
      "a_several_groups.txt",
      "ok - 1720 http://+:5985/WSMAN/ http://+:47001/WSMAN/\n"
      "ok Api 5200 5204 http://+:8081/A/ http://+:8082/A/ http://+:8083/A/\n"
      "ok Later 5300 http://+:8090/\n");
}

static void title_alone_means_that_nothing_is_registered(void **state) {
  (void)state;
  assert_netsh_fixture("title_english.txt", "");
  assert_netsh_fixture("title_german.txt", "");
  assert_netsh_fixture("title_japanese.txt", "");
  assert_netsh("\xEF\xBB\xBFTitle\r\n--------\r\n", "");
}

static void assert_not_understood(const char *text, size_t len) {
  snapshot_unref(netsh_parsed(text, len, PG_E_FORMAT));
}

static void text_that_is_something_else_is_not_understood(void **state) {
  static const char *const files[] = {"command_not_found.txt", "usage.txt"};
  static const char zeros[64];
  struct pg_text text;
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    netsh_fixture(files[i], &text);
    assert_not_understood(text.data, text.len);
    pg_text_free(&text);
  }
  assert_not_understood(NULL, 0);
  assert_not_understood("\n\r\n \t\n", 6);
  assert_not_understood("\xEF\xBB\xBF", 3);
  assert_not_understood(zeros, sizeof zeros);
  assert_not_understood("--------\n", 9);       /* a rule under nothing */
  assert_not_understood("Title\n--------", 14); /* cut */
  assert_not_understood("Title\n-----\n", 12);
  assert_not_understood("  HTTP://+:80/\n", 15); /* belongs to no block */
}

static void failure_quotes_what_netsh_printed(void **state) {
  struct pg_fault fault = {0};
  struct pg_snapshot *snapshot = snapshot_new();
  (void)state;
  assert_non_null(snapshot);
  snapshot->http_text = "Acc\x1B[31mess denied";
  snapshot->http_text_len = 18;
  assert_int_equal(netsh_state_parse(snapshot, &fault), PG_E_FORMAT);
  assert_non_null(strstr(fault.message, "\"Acc<1B>[31mess denied\""));
  assert_non_null(strstr(fault.message, "18 bytes"));
  snapshot_unref(snapshot);
}

static void line_ends_and_tabs_do_not_matter(void **state) {
  struct pg_text text, other;
  (void)state;
  netsh_fixture("c_german.txt", &text);
  pg_text_init(&other, text.len * 3);
  pg_text_str_add(&other, "\xEF\xBB\xBF");
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] == '\n')
      pg_text_str_add(&other, i % 2 ? " \r\n" : "\r\r\n");
    else if (i + 4 <= text.len && memcmp(text.data + i, "    ", 4) == 0)
      pg_text_char(&other, '\t'), i += 3;
    else
      pg_text_char(&other, text.data[i]);
  }
  assert_netsh(pg_text_str(&other), machine_c);
  pg_text_free(&other);
  pg_text_free(&text);
}

static void space_at_the_end_and_no_line_end_do_not_matter(void **state) {
  struct pg_text text;
  (void)state;
  netsh_fixture("c_english.txt", &text);
  while (text.len > 0 && text.data[text.len - 1] == '\n')
    text.data[--text.len] = '\0';
  assert_netsh(pg_text_str(&text), machine_c);
  pg_text_free(&text);
}

/* --- counts --- */

static void fewer_or_more_than_counted_casts_doubt(void **state) {
  (void)state;
  assert_netsh("Q: a\n  M: 1000\n  N: 2\n  P:\n    44\n  U:\n    HTTP://+:81/\n",
               "doubt a 44 http://+:81/\n");
  assert_netsh("Q: a\n  M: 1000\n  N: 1\n  P:\n    44\n    48\n  U:\n    HTTP://+:81/\n",
               "doubt a 44 48 http://+:81/\n");
  assert_netsh("Q: a\n  P:\n    44\n  U:\n    HTTP://+:81/\n",
               "doubt a 44 http://+:81/\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  C: 2\n  U:\n    HTTP://+:81/\n",
               "doubt a 44 http://+:81/\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  C: 1\n  U:\n    HTTP://+:81/\n"
               "    HTTP://+:82/\n",
               "doubt a 44 http://+:81/ http://+:82/\n");
}

static void groups_are_counted_one_by_one(void **state) {
  (void)state;
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  C: 1\n  U:\n    HTTP://+:81/\n"
               "  C: 2\n  U:\n    HTTP://+:82/\n    HTTP://+:83/\n",
               "ok a 44 http://+:81/ http://+:82/ http://+:83/\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  C: 2\n  U:\n    HTTP://+:81/\n"
               "  C: 1\n  U:\n    HTTP://+:82/\n    HTTP://+:83/\n",
               "doubt a 44 http://+:81/ http://+:82/ http://+:83/\n");
  /* counted once, uncounted once: one of the lists is not netsh's */
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  C: 1\n  U:\n    HTTP://+:81/\n"
               "  U:\n    HTTP://+:82/\n",
               "doubt a 44 http://+:81/ http://+:82/\n");
}

static void controller_needs_the_count_above_it(void **state) {
  (void)state;
  assert_netsh("Q: a\n  M: 9\n  N: 0\n  C: 2216\n  P:\n  G:\n    x: y\n", "ok a <2216\n");
  assert_netsh("Q: a\n  M: 9\n  N: 1\n  C: 2216\n  P:\n    44\n", "ok a 44 <2216\n");
  assert_netsh("Q: a\n  N: 3\n  C: 2216\n  P:\n    44\n", "doubt a 44\n");
  /* the count itself is no controller, whatever is above it */
  assert_netsh("Q: a\n  M: 1\n  N: 1\n  P:\n    44\n", "ok a 44\n");
  assert_netsh("Q: a\n  M: 0\n  N: 0\n  P:\n  U:\n    HTTP://+:81/\n",
               "ok a http://+:81/\n");
}

static void max_requests_and_counters_are_not_the_count(void **state) {
  (void)state;
  assert_netsh("Q: a\n  Max requests: 1\n  State: x\n  P:\n    44\n", "doubt a 44\n");
  assert_netsh("Q: a\n  Max requests: 1\n  N: 3\n  Active: 5\n  P:\n    44\n",
               "doubt a 44\n");
  assert_netsh("Q: a\n    Hits: 1\n  N: 1\n  P:\n    44\n", "ok a 44\n");
  assert_netsh("Q: a\n    N: 1\n  P:\n    44\n", "doubt a 44\n");
}

static void a_process_needs_a_number_and_an_image(void **state) {
  (void)state;
  assert_netsh(
      "Q: a\n  N: 3\n  P:\n    ID: 44, I: C:\\a.exe\n    ID: 48, I: \\\\h\\b.exe\n"
      "    ID : 52 ; I : <?>\n",
      "ok a 44 48 52\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    ID: 44, I: a.exe\n  U:\n    HTTP://+:81/\n",
               "doubt a http://+:81/\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    ID: 44.5, I: <?>\n  U:\n    HTTP://+:81/\n",
               "doubt a http://+:81/\n");
  assert_netsh(
      "Q: a\n  N: 3\n  P:\n    44\n    0\n    4294967296\n  U:\n    HTTP://+:81/\n",
      "doubt a 44 http://+:81/\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  Entity body timeout (secs): 120\n"
               "  Log: 7, C:x\n  U:\n    HTTP://+:81/\n",
               "ok a 44 http://+:81/\n");
}

/* --- services --- */

static void services_are_those_the_scm_knows_by_its_spelling(void **state) {
  (void)state;
  assert_netsh("Q: a\n  N: 1\n  P:\n    ID: 44, I: <?>\n    S: w3svc, Nobody ,WAS,W3svc\n"
               "    T: WAS\n",
               "ok a 44 =W3SVC =WAS #WAS\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    ID: 44, I: <?>\n    S: Nobody\n    T: W3SVC\n",
               "ok a 44\n"); /* tagged, but not listed */
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n    S: W3SVC\n", "ok a 44\n");
}

static void a_tag_speaks_for_the_queue_only_when_no_other_differs(void **state) {
  (void)state;
  assert_netsh("Q: a\n  N: 2\n  P:\n    ID: 44, I: <?>\n    S: W3SVC, WAS\n    T: WAS\n"
               "    ID: 48, I: <?>\n    S: AcmeWeb\n    T: AcmeWeb\n",
               "ok a 44 48 =W3SVC =WAS =AcmeWeb\n");
}

/* --- names --- */

static void unnamed_queues_have_no_name(void **state) {
  (void)state;
  /* a sentence */
  assert_netsh("Q: No name.\n  N: 1\n  P:\n    44\n", "ok - 44\n");
  assert_netsh("Q: \xE7\x84\xA1\xE5\x90\x8D\xE3\x80\x82\n  N: 1\n  P:\n    44\n",
               "ok - 44\n");
  /* a phrase in a language that needs no full stop, known by being shared */
  assert_netsh("Q: sans nom\n  N: 1\n  P:\n    44\nQ: Pool\n  N: 1\n  P:\n    48\n"
               "Q: sans nom\n  N: 1\n  P:\n    52\n",
               "ok - 44\nok Pool 48\nok - 52\n");
  assert_netsh("Q:\n  N: 1\n  P:\n    44\n", "ok - 44\n");
}

static void names_with_colons_digits_and_paths_stay_whole(void **state) {
  (void)state;
  assert_netsh("Q: a: b: 7\n  N: 1\n  P:\n    44\n    Q: a: b: 7\n", "ok a: b: 7 44\n");
  assert_netsh("Q: 7\n  N: 1\n  P:\n    44\n  G:\n    Q: 7\n    U:\n      HTTP://+:81/\n",
               "ok 7 44 http://+:81/\n");
  assert_netsh("Q: 7, C:\\x\n  N: 1\n  P:\n    44\n  G:\n    Q: 7, C:\\x\n    P:\n",
               "ok 7, C:\\x 44\n");
}

/* --- cut texts --- */

static void assert_urls_belong(const struct pg_http_queue *part,
                               const struct pg_http_queue *whole) {
  assert_true(part->url_count <= whole->url_count);
  for (size_t i = 0; i < part->url_count; i++) {
    assert_int_equal(part->urls[i].port, whole->urls[i].port);
    assert_int_equal(
        strncmp(part->urls[i].text, whole->urls[i].text, strlen(part->urls[i].text)), 0);
  }
}

/* What a cut text says with confidence is true of the whole. */
static void assert_cut_is_harmless(const struct pg_snapshot *cut,
                                   const struct pg_snapshot *whole) {
  assert_true(cut->queue_count <= whole->queue_count);
  for (size_t i = 0; i < cut->queue_count; i++) {
    const struct pg_http_queue *a = &cut->queues[i], *b = &whole->queues[i];
    if (!a->counts_agree || a->url_count == 0)
      continue;
    assert_int_equal(a->pid_count, b->pid_count);
    assert_memory_equal(a->pids, b->pids, a->pid_count * sizeof *a->pids);
    assert_int_equal(a->controller, b->controller);
    assert_int_equal(a->service_count, b->service_count);
    assert_urls_belong(a, b);
  }
}

static void cut_everywhere(const char *name) {
  struct pg_text text;
  netsh_fixture(name, &text);
  struct pg_snapshot *whole = netsh_parsed(text.data, text.len, PG_OK);
  const char *rule = strstr(text.data, "-----\n");
  assert_non_null(rule);
  size_t title = (size_t)(rule - text.data) + 6;
  for (size_t len = 0; len < text.len; len++) {
    struct pg_snapshot *cut =
        netsh_parsed(text.data, len, len < title ? PG_E_FORMAT : PG_OK);
    assert_cut_is_harmless(cut, whole);
    snapshot_unref(cut);
  }
  snapshot_unref(whole);
  pg_text_free(&text);
}

static void text_cut_at_any_byte_attributes_nothing_wrongly(void **state) {
  (void)state;
  cut_everywhere("a_english.txt");
  cut_everywhere("c_english.txt");
  cut_everywhere("c_japanese_cp932.txt");
}

static void cut_in_a_list_casts_doubt(void **state) {
  (void)state;
  assert_netsh("Q: a\n  N: 1\n  P:\n    44", "doubt a 44\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  G:\n    Sta", "doubt a 44\n");
  assert_netsh("Q: a\n  H: 0\n  N: 1\n  P:\n", "doubt a <1\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  U:\n    HTTP://+:81/\n    HTTP://+:82",
               "doubt a 44 http://+:81/\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  U:\n    HTTP://+:81/\n    HTT",
               "doubt a 44 http://+:81/\n");
  assert_netsh("Q: a\n  N: 1\n  P:\n    44\n  U:\n    HTTP://+:81/PA",
               "doubt a 44 http://+:81/PA\n");
}

static void bytes_changed_anywhere_do_no_harm(void **state) {
  static const char changes[] = {'\n', ' ', ':', '\x80'};
  struct pg_text text;
  (void)state;
  netsh_fixture("c_english.txt", &text);
  for (size_t i = 0; i < text.len; i++) {
    char kept = text.data[i];
    for (size_t j = 0; j < sizeof changes; j++) {
      text.data[i] = changes[j];
      struct pg_snapshot *snapshot = snapshot_new();
      assert_non_null(snapshot);
      snapshot->http_text = text.data;
      snapshot->http_text_len = text.len;
      enum pg_error error = netsh_state_parse(snapshot, NULL);
      assert_true(error == PG_OK || error == PG_E_FORMAT);
      snapshot_unref(snapshot);
    }
    text.data[i] = kept;
  }
  pg_text_free(&text);
}

/* --- large texts --- */

#define LARGE ((size_t)16 * 1024 * 1024)
#define SECONDS_MAX 60 /* a parser that is quadratic needs days */

/* |start| and then |piece| up to the largest text allowed. */
static void assert_large_text_is_read(const char *start, const char *piece) {
  size_t used = strlen(start), step = strlen(piece);
  char *text = malloc(LARGE);
  assert_non_null(text);
  memcpy(text, start, used);
  for (; used + step <= LARGE; used += step)
    memcpy(text + used, piece, step);
  struct pg_snapshot *snapshot = snapshot_new();
  assert_non_null(snapshot);
  snapshot->http_text = text;
  snapshot->http_text_len = used;
  clock_t begun = clock();
  enum pg_error error = netsh_state_parse(snapshot, NULL);
  assert_true((clock() - begun) / CLOCKS_PER_SEC < SECONDS_MAX);
  assert_true(error == PG_OK || error == PG_E_FORMAT);
  snapshot_unref(snapshot);
  free(text);
}

static void hostile_texts_of_16_mib_take_linear_time(void **state) {
  (void)state;
  assert_large_text_is_read("Q: a\n  N: 1\n  P:\n    44\n  U:\n", "    HTTP://a:1/\n");
  assert_large_text_is_read("", "Q: a\n N: 1\n P:\n  44\n U:\n  HTTP://a:1/\n");
  assert_large_text_is_read("Q: a\n", "  P:\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(generation_a_gives_queues_pids_and_urls),
      cmocka_unit_test(generation_b_gives_the_same_from_processes_with_images),
      cmocka_unit_test(generation_c_adds_services),
      cmocka_unit_test(every_language_reads_the_same),
      cmocka_unit_test(later_blocks_may_be_indented_deeper),
      cmocka_unit_test(double_byte_text_reads_the_same),
      cmocka_unit_test(second_bytes_that_look_like_ascii_make_no_path_and_no_number),
      cmocka_unit_test(ports_are_whole_numbers_with_whatever_address_behind_them),
      cmocka_unit_test(what_is_no_registration_is_no_url_and_casts_doubt),
      cmocka_unit_test(only_scheme_and_host_change_case),
      cmocka_unit_test(url_printed_twice_for_a_queue_is_one),
      cmocka_unit_test(title_alone_means_that_nothing_is_registered),
      cmocka_unit_test(text_that_is_something_else_is_not_understood),
      cmocka_unit_test(failure_quotes_what_netsh_printed),
      cmocka_unit_test(line_ends_and_tabs_do_not_matter),
      cmocka_unit_test(space_at_the_end_and_no_line_end_do_not_matter),
      cmocka_unit_test(fewer_or_more_than_counted_casts_doubt),
      cmocka_unit_test(groups_are_counted_one_by_one),
      cmocka_unit_test(controller_needs_the_count_above_it),
      cmocka_unit_test(max_requests_and_counters_are_not_the_count),
      cmocka_unit_test(a_process_needs_a_number_and_an_image),
      cmocka_unit_test(services_are_those_the_scm_knows_by_its_spelling),
      cmocka_unit_test(a_tag_speaks_for_the_queue_only_when_no_other_differs),
      cmocka_unit_test(unnamed_queues_have_no_name),
      cmocka_unit_test(names_with_colons_digits_and_paths_stay_whole),
      cmocka_unit_test(text_cut_at_any_byte_attributes_nothing_wrongly),
      cmocka_unit_test(cut_in_a_list_casts_doubt),
      cmocka_unit_test(bytes_changed_anywhere_do_no_harm),
      cmocka_unit_test(hostile_texts_of_16_mib_take_linear_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
