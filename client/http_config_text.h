/* What is configured in HTTP.sys, as people read it: the answers of `http
 * reservations`, `http iplisten` and `http certificates`. */
#ifndef PG_HTTP_CONFIG_TEXT_H
#define PG_HTTP_CONFIG_TEXT_H

#include "client/render.h"

void http_reservations_text(struct render *render, const cJSON *result);
void http_listen_list_text(struct render *render, const cJSON *result);
void http_certificates_text(struct render *render, const cJSON *result);

#endif
