/* What is known of a holder, by its service or by the URLs it registered. */
#include "service/explain/internal.h"

const struct dictionary_entry *explain_known(const struct pg_holder *holder,
                                             uint16_t port, const struct pg_url **url) {
  *url = NULL;
  if (holder->service != NULL)
    return dictionary_of_service(holder->service->name);
  const struct pg_http_queue *queue = holder->queue;
  if (queue == NULL || !queue->counts_agree) /* its URLs may be made up */
    return NULL;
  for (size_t i = 0; i < queue->url_count; i++) {
    const struct pg_url *at = &queue->urls[i];
    const struct dictionary_entry *entry =
        at->port == port ? dictionary_of_url(at->text) : NULL;
    if (entry != NULL) {
      *url = at;
      return entry;
    }
  }
  return NULL;
}
