/* Answers from tests/fixtures/client, rendered and compared with the text beside
 * them. */
#ifndef PG_CLIENT_GOLDEN_H
#define PG_CLIENT_GOLDEN_H

#include "client/render.h"

/* Half past twelve on the second of March 2026, UTC. */
#define GOLDEN_NOW 1772454391000

/* A renderer at GOLDEN_NOW, in UTC, 80 columns, without colour. */
void golden_render(struct render *render, struct pg_text *out);
/* <name>.json rendered by |text| must be <name>.txt, to the byte, and no line
 * may be longer than 80 columns (commands, which are never broken, begin with the
 * name of a program and are let through). With PG_ACCEPT=1 in the environment the
 * text is written instead. */
void golden_check(const char *name,
                  void (*text)(struct render *render, const cJSON *result));
/* The same, from JSON in the test; the caller looks at |out| and frees it. */
void golden_from(const char *json, struct pg_text *out,
                 void (*text)(struct render *render, const cJSON *result));
/* Each line of |text| as a block of code on a page has it. */
void golden_indent(struct pg_text *out, const char *text);

#endif
