/* netsh texts for the tests of the parser, and what it makes of them as text. */
#ifndef PG_TEST_NETSH_TEXT_H
#define PG_TEST_NETSH_TEXT_H

#include "common/text.h"
#include "service/sources/netsh_state.h"

/* A file of tests/fixtures/netsh. Fails the test when it cannot be read. */
void netsh_fixture(const char *name, struct pg_text *text);

/* A new snapshot with a handful of services, holding a copy of |text| that ends
 * where its memory ends. Fails the test when the parser says something else than
 * |expected|. The caller unrefs it. */
struct pg_snapshot *netsh_parsed(const char *text, size_t len, enum pg_error expected);

/* One line per queue: "ok" or "doubt", name, PIDs, <controller, =service,
 * #tagged service, URLs. An unnamed queue is "-". */
void netsh_describe(const struct pg_snapshot *snapshot, struct pg_text *out);

/* Parses, describes, compares. */
void assert_netsh(const char *text, const char *expected);
void assert_netsh_fixture(const char *name, const char *expected);

/* The queue of which |url| is the first URL, or NULL. */
const struct pg_http_queue *netsh_queue_of(const struct pg_snapshot *snapshot,
                                           const char *url);

#endif
