/* One run of the client: what was asked, the connection, and the edge where
 * answers and failures become output. */
#ifndef PG_CLIENT_H
#define PG_CLIENT_H

#include "client/call.h"
#include "client/options.h"
#include "client/render.h"
#include "common/limits.h"

/* An answer with every character escaped is at most three times as long. */
#define CLIENT_OUTPUT_MAX (4u * PG_ANSWER_MAX)

struct client {
  const struct options *options;
  int64_t deadline;
  struct call call;
  bool absent;    /* connecting failed because nobody serves the pipe's name */
  bool announced; /* it was said that answers come from a one-off look */
};

/* Opens the connection every verb begins with. Errors as transport_open, but
 * that a missing service is PG_E_UNREACHABLE with |absent| set; PG_E_USAGE where
 * there is no default pipe. */
enum pg_error client_connect(struct client *client, struct pg_fault *fault);
/* The same over a connection beside that one, for call_close, which ends at |deadline|.
 */
enum pg_error client_open(struct client *client, struct call *call, int64_t deadline,
                          struct pg_fault *fault);
/* The same for a verb that controls: over the control pipe. PG_E_DENIED hints at an
 * elevated prompt. */
enum pg_error client_connect_control(struct client *client, struct pg_fault *fault);
/* Asks the one question of a verb that has no arguments. */
enum pg_error client_ask(struct client *client, const char *method, cJSON **result,
                         struct pg_fault *fault);

/* How to write to standard output into |out|. */
struct render client_screen(const struct client *client, struct pg_text *out);
/* Adds |result| to |out| as was asked for: JSON, or |text| of it. */
void client_render(const struct client *client, struct pg_text *out, const cJSON *result,
                   void (*text)(struct render *render, const cJSON *result));
/* Shows that. Answers the exit code. */
int client_show(const struct client *client, const cJSON *result,
                void (*text)(struct render *render, const cJSON *result));
/* Asks and shows. */
int client_ask_and_show(struct client *client, const char *method,
                        void (*text)(struct render *render, const cJSON *result));

/* Writes to standard output; false: nobody reads it any more. */
bool client_write(const struct pg_text *text);
/* The same, and reports it. Answers the exit code. */
int client_print(const struct client *client, const struct pg_text *text);
/* Messages, on standard error. */
void client_say(const char *format, ...) PG_PRINTF(1, 2);
void client_hint(const char *hint);
/* Reports a failure once, on standard error or with --json on standard output.
 * Answers the exit code that goes with it. */
int client_report(bool json, const struct pg_fault *fault);

/* The value as the protocol writes it, every unsafe character escaped. */
void client_write_json(struct pg_json *json, const cJSON *value);
/* "error":{"code","message","hint"}, inside an open object. */
void client_write_error(struct pg_json *json, const struct pg_fault *fault);

#endif
