/* What the files of this station share among themselves. */
#ifndef PG_EXPLAIN_INTERNAL_H
#define PG_EXPLAIN_INTERNAL_H

#include "service/explain/dictionary.h"
#include "service/explain/explain.h"
#include "service/snapshot/dependents.h"

/* queue_holder.c: who stands behind one request queue. */
void explain_queue_holder(const struct pg_snapshot *snapshot,
                          const struct pg_http_queue *queue, struct pg_holder *holder);

/* queues.c: the same as explain_attribute found it. */
const struct pg_holder *explain_holder_of_queue(const struct pg_snapshot *snapshot,
                                                const struct pg_http_queue *queue);

/* identity.c: marks the holders that repeat an owner, and returns the sorted,
 * unique identities of the port's holders, one per line, in the snapshot's arena;
 * NULL when there is no memory. */
const char *explain_identities(struct pg_snapshot *snapshot, const struct pg_port *port);

/* identity.c: the first holder of each owner, in order; |skip| counts them. NULL when
 * there are no more. */
const struct pg_holder *explain_owner(const struct pg_snapshot *snapshot,
                                      const struct pg_port *port, size_t skip);

/* fix.c: nobody has the wildcard, or of several owners one's letting go frees the port.
 */
bool explain_one_is_enough(const struct pg_snapshot *snapshot,
                           const struct pg_port *port);

/* evidence.c and fixes.c: one array each, written as a value. |port| is NULL when
 * nothing listens on |number|. */
void explain_evidence(struct pg_json *json, const struct pg_snapshot *snapshot,
                      uint16_t number, const struct pg_holder *holder);
void explain_fixes(struct pg_json *json, const struct pg_snapshot *snapshot,
                   uint16_t number);
/* not_recommended.c: common advice that does harm, likewise. */
void explain_not_recommended(struct pg_json *json, const struct pg_snapshot *snapshot,
                             uint16_t number);
/* warnings.c: what was missing and what else to know of this port. */
void explain_warnings(struct pg_json *json, const struct pg_snapshot *snapshot,
                      uint16_t number);
void explain_list_warnings(struct pg_json *json, const struct pg_snapshot *snapshot);
/* About the reservations of |port|, 0: of every port. */
void explain_reservation_warnings(struct pg_json *json,
                                  const struct pg_snapshot *snapshot, uint16_t port);

/* missing.c: which sources an answer cannot do without. */
/* HTTP.sys listens on the port, and not a driver that always has it. */
bool explain_is_http(const struct pg_port *port);
/* The source is not there, and would have said something about the port. |port| is
 * NULL when nothing listens. */
bool explain_misses(const struct pg_snapshot *snapshot, const struct pg_port *port,
                    enum pg_source source);
/* netsh's text was read, and still does not tell who asked HTTP.sys for the port. */
bool explain_http_is_doubted(const struct pg_snapshot *snapshot,
                             const struct pg_port *port);
/* Nothing is missed. Asks the port's holders, so only after they were found. */
bool explain_is_complete(const struct pg_snapshot *snapshot, const struct pg_port *port);
/* A source that failed makes the same holder look like another one: a service like a
 * plain process, one of several services like any of them. */
bool explain_is_vague(const struct pg_snapshot *snapshot, const struct pg_holder *holder);
/* One warning about a source that was not read. */
void explain_source_warning(struct pg_json *json, const struct pg_snapshot *snapshot,
                            enum pg_source source);

/* ranges.c */
/* The excluded ranges that hold the port: the first at or behind *|at|, which is then
 * behind it; NULL when there are no more. */
const struct pg_excluded_range *explain_next_range(const struct pg_snapshot *snapshot,
                                                   uint16_t port, size_t *at);
/* The other family has the same range: said once, for both. */
bool explain_range_has_twin(const struct pg_snapshot *snapshot,
                            const struct pg_excluded_range *range);
/* The port is in a range of the family that refuses a bind. */
bool explain_is_refused(const struct pg_snapshot *snapshot, uint16_t port,
                        enum pg_family family);
/* Some listener has 0.0.0.0 or [::]. */
bool explain_has_wildcard(const struct pg_snapshot *snapshot, const struct pg_port *port);
/* The next connection or bound socket that may keep the port from being bound, as
 * explain_next_range does it. */
const struct pg_connection *explain_next_user(const struct pg_snapshot *snapshot,
                                              uint16_t port, size_t *at);

/* words.c: "W3SVC (World Wide Web Publishing Service)"; "nginx.exe (PID 5120)", of
 * which |process| may be NULL; "10.0.0.5:50123 (established)". */
void explain_service_words(const struct pg_service *service, struct pg_text *out);
void explain_process_words(uint32_t pid, const struct pg_process *process,
                           struct pg_text *out);
void explain_connection_words(const struct pg_connection *connection,
                              struct pg_text *out);

/* proxies.c: "v4tov4 0.0.0.0:80 -> 172.20.0.2:80"; one end of it. */
void explain_proxy_words(const struct pg_port_proxy *proxy, struct pg_text *out);
void explain_proxy_end(const char *address, uint16_t port, struct pg_text *out);
enum pg_family
explain_proxy_family(const struct pg_port_proxy *proxy); /* it listens on */

/* relays.c: programs that listen on behalf of a server elsewhere. */
struct explain_relay {
  const char *image;
  enum pg_holder_kind kind;
  const char *known_as, *owner, *serves; /* "Docker", "a container" */
};
/* By the image's name, where it does not lie in a folder that says otherwise; NULL when
 * it is none. */
const struct explain_relay *explain_relay_of(const struct pg_process *process);
/* Its image is known to lie in a folder that only administrators write to; in that of
 * Windows itself. */
bool explain_is_installed(const struct pg_process *process);
bool explain_is_windows_own(const struct pg_process *process);

/* known.c: the dictionary's entry of whoever stands behind a holder: of its service,
 * else (*|url| is then not NULL) of a URL of its queue on |port|. NULL: not known. */
const struct dictionary_entry *explain_known(const struct pg_holder *holder,
                                             uint16_t port, const struct pg_url **url);

/* answer.c: pieces of a result object. */
void explain_write_process(struct pg_json *json, uint32_t pid,
                           const struct pg_process *process);
/* Null for PID 0. */
void explain_key_process(struct pg_json *json, const char *key, uint32_t pid,
                         const struct pg_process *process);
/* "dependents": the running services that would go down with |service|; none when it
 * is NULL. */
void explain_key_dependents(struct pg_json *json, const struct pg_snapshot *snapshot,
                            const struct pg_service *service);

/* network_answer.c: the members of a status answer about the network configuration;
 * and one reservation, one rule, one range. */
void explain_key_network(struct pg_json *json, const struct pg_snapshot *snapshot,
                         uint16_t port);
void explain_write_reservation(struct pg_json *json, const struct pg_reservation *row);
void explain_write_proxy(struct pg_json *json, const struct pg_port_proxy *proxy);
void explain_write_range(struct pg_json *json, const struct pg_excluded_range *range);

/* takers.c: "may_be_taken_by", the stopped services that start by themselves and may
 * then want a port that nobody listens on. */
void explain_key_takers(struct pg_json *json, const struct pg_snapshot *snapshot,
                        uint16_t port);

#endif
