/* Who watches: the loop's side of watchers.h. What is reported is shown to subscribers,
 * flood protection or not. Loop thread only. */
#ifndef PG_WATCHING_H
#define PG_WATCHING_H

#include "service/letter.h"

bool watching_open(struct loop *loop); /* false: no memory */
void watching_start(struct loop *loop);
void watching_close(struct loop *loop); /* no news any more; when the service stops */
void watching_free(struct loop *loop);

/* Shows a change about the port |key| to who watches, 0: about none in particular; |id|
 * LETTER_NO_EVENT: it is no event. The letter has its JSON and its summary. Answers the
 * ID it has there. */
int64_t watching_show(struct loop *loop, const struct letter *letter, enum pg_event_id id,
                      uint16_t key);

/* The verb `watch`. */
#define WATCHING_PARAMS 2
extern const struct control_param watching_params[WATCHING_PARAMS];
extern const struct control_work watching_work;
bool watching_ready(void *context, const struct control_ask *ask);
enum pg_error watching_answer(void *context, const struct control_ask *ask,
                              struct pg_json *json, struct pg_fault *fault);

#endif
