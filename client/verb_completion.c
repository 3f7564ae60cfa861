#include "client/completion.h"
#include "client/verbs.h"

int verb_completion(struct client *client) {
  struct pg_text out;
  pg_text_init(&out, 256 * PG_KIB);
  completion_powershell(&out);
  int code = client_print(client, &out);
  pg_text_free(&out);
  return code;
}
