/* URLs as HTTP.sys has them: "http://+:80/x/", "https://[::1]:443:[::1]/". */
#ifndef PG_HTTP_URL_H
#define PG_HTTP_URL_H

#include <stdint.h>

/* |host| is behind "://", |end| where the path begins. Returns where the host ends,
 * which is before ":80" or ":80:127.0.0.1", or NULL: no host, or no port. |port| is
 * 0 then. */
const char *http_url_host_end(const char *host, const char *end, uint16_t *port);

#endif
