/* The answer of `graph` in its three formats. */
#ifndef PG_GRAPH_TEXT_H
#define PG_GRAPH_TEXT_H

#include "client/render.h"

/* A tree of lines; a thing that was shown already is "(above)". */
void graph_text(struct render *render, const cJSON *result);
/* "port proxy" for "proxy"; of most kinds the word itself. */
const char *graph_kind_words(const char *kind);
/* For Graphviz, and a flowchart for Mermaid. Whatever the names are, nothing but
 * labels comes of them. */
void graph_dot(struct render *render, const cJSON *result);
void graph_mermaid(struct render *render, const cJSON *result);

#endif
