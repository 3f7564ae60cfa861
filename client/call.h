/* One connection to the service and the requests on it, one after the other. */
#ifndef PG_CALL_H
#define PG_CALL_H

#include "client/transport.h"
#include "common/json.h"
#include "common/text.h"

struct call {
  struct transport *transport;
  struct pg_text received; /* what came and is not consumed yet */
  int64_t deadline;        /* client_mono_ms; for everything on this connection */
  uint32_t last_id;
  /* What a long verb tells before its answer: the params of a `progress` notification.
   * NULL: nobody wants to know. */
  void (*progress)(void *context, const cJSON *params);
  void *progress_context;
  bool broken; /* no further request can be answered here */
};

/* Errors as transport_open. */
enum pg_error call_open(struct call *call, const char *pipe, bool any_owner,
                        int64_t deadline, struct pg_fault *fault);
/* |params| is a JSON object, NULL for an empty one; one that there was no memory for is
 * PG_E_NOMEM. On PG_OK the caller owns
 * *result (cJSON_Delete). An error of the service becomes |fault| with its
 * hint. Errors also: PG_E_TIMEOUT, PG_E_UNREACHABLE when the service closed
 * without an answer, PG_E_FORMAT when what came is not an answer to this
 * request, PG_E_TOOBIG, PG_E_NOMEM. */
enum pg_error call_ask(struct call *call, const char *method,
                       const struct pg_text *params, cJSON **result,
                       struct pg_fault *fault);
/* The same for a method that is about a port; |max_age_ms|: how old the answer may be,
 * below 0: as the service sees fit. */
enum pg_error call_ask_port(struct call *call, const char *method, uint16_t port,
                            int max_age_ms, cJSON **result, struct pg_fault *fault);
/* Sends a request that is answered by notifications alone. */
enum pg_error call_subscribe(struct call *call, const char *method,
                             const struct pg_text *params, struct pg_fault *fault);
/* The next notification, {"method":…,"params":{…}}, which the caller owns (cJSON_Delete).
 * An error the service sends instead becomes |fault|. Errors as call_ask; after
 * PG_E_TIMEOUT it may be called again, with a later deadline. */
enum pg_error call_hear(struct call *call, cJSON **note, struct pg_fault *fault);
void call_close(struct call *call);

/* The line of the answer to request |id|, without its line end. */
enum pg_error call_read_answer(const char *line, size_t len, uint32_t id, cJSON **result,
                               struct pg_fault *fault);

#endif
