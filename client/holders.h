/* Words about the holders of a port, shared by every verb that names them. */
#ifndef PG_HOLDERS_H
#define PG_HOLDERS_H

#include "common/text.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum holder_detail { HOLDER_SHORT, HOLDER_FULL };

bool holder_is(const cJSON *holder, const char *kind);
bool holders_any(const cJSON *holders, const char *kind);
bool holder_is_certain(const cJSON *holder);
bool holder_is_likely(const cJSON *holder);
/* It names somebody, and is only likely. One of several services in a process is
 * no guess: none of them is named. */
bool holder_is_guess(const cJSON *holder);
/* "W3SVC", in full "W3SVC (World Wide Web Publishing Service)"; without a
 * service "nginx.exe (PID 5120)"; else whatever is known. */
void holder_name(struct pg_text *out, const cJSON *holder, enum holder_detail detail);
/* "nginx.exe (PID 5120)", "PID 5120"; false and nothing when |process| has no
 * PID. */
bool holder_process(struct pg_text *out, const cJSON *process);
/* The same for a table, "nginx.exe (5120)". */
bool holder_process_short(struct pg_text *out, const cJSON *process);

/* "W3SVC (World Wide Web Publishing Service)"; |display| may be NULL. */
void holder_service_name(struct pg_text *out, const char *name, const char *display);
/* Whose a tenancy of the history is, "W3SVC", "nginx.exe": what it was called, and no
 * PID, which is another's by now. */
void holder_of_tenancy(struct pg_text *out, const cJSON *tenancy);
/* It ended while nobody watched: when the service came back it was gone. */
bool tenancy_is_unseen(const cJSON *tenancy);
/* Of the "listeners" of a status, when the first began to listen; PG_TIME_UNKNOWN when
 * none says so. */
int64_t listeners_since(const cJSON *listeners);
/* Whose port a relay passes on: "a container"; NULL when it is none. */
const char *holder_relays_for(const cJSON *holder);

/* All owners in one phrase: "HTTP.sys, for W3SVC (…) and PeerDistSvc (…)". A
 * holder that is not certain is called likely, port proxies with several targets
 * are counted. Empty when nothing is known. */
void holders_phrase(struct pg_text *out, const cJSON *holders, enum holder_detail detail);
/* Owners, not holders: two queues of one service are one. */
size_t holders_owner_count(const cJSON *holders);

#endif
