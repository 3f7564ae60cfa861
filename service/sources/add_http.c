/* One reading of netsh, put into a snapshot. */
#include "service/sources/netsh_state.h"
#include "service/sources/repair.h"
#include "service/sources/source.h"

static enum pg_error keep_text(struct pg_snapshot *snapshot, const char *text,
                               size_t len) {
  /* netsh writes in the console's code page. */
  snapshot->http_text = source_keep_text(snapshot, text, len);
  if (snapshot->http_text == NULL)
    return PG_E_NOMEM;
  snapshot->http_text_len = len;
  return PG_OK;
}

static enum pg_error parse(struct pg_snapshot *snapshot, int64_t read_at) {
  enum pg_error error = netsh_state_parse(snapshot, NULL);
  if (error == PG_E_FORMAT) {
    snapshot->queues = NULL;
    snapshot->queue_count = 0;
    snapshot_source_failed(snapshot, PG_SOURCE_HTTP_STATE, read_at,
                           "netsh printed nothing that could be understood");
    return PG_OK;
  }
  if (error == PG_OK)
    snapshot_source_read(snapshot, PG_SOURCE_HTTP_STATE, read_at);
  return error;
}

enum pg_error source_add_http(struct pg_snapshot *snapshot,
                              const struct http_reading *http) {
  if (http == NULL || http->begun_mono == 0)
    return PG_OK;

  bool has_text = http->text != NULL && !http->stopped;
  if (!has_text && !http->stopped) {
    if (http->error[0] == '\0')
      return PG_OK;
    snapshot->http_mono = http->begun_mono;
    snapshot_source_failed(snapshot, PG_SOURCE_HTTP_STATE, http->read_at, http->error);
    return PG_OK;
  }

  snapshot->http_mono = http->begun_mono;
  enum pg_error error =
      keep_text(snapshot, has_text ? http->text : "", has_text ? http->len : 0);
  if (error != PG_OK)
    return error;
  if (has_text)
    return parse(snapshot, http->read_at);
  /* Nothing runs, so nothing is registered: that is knowledge, not a gap. */
  snapshot_source_read(snapshot, PG_SOURCE_HTTP_STATE, http->read_at);
  return PG_OK;
}
