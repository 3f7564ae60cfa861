#include "service/eventlog/win_sink.h"

#include "common/limits.h"
#include "common/protocol.h"
#include "common/win_utf.h"
#include "service/eventlog/eventlog.h"

#include <stdlib.h>
#include <windows.h>

struct win_sink {
  HANDLE source;
  uint64_t lost;
};

/* Callers cut long JSON entry by entry so that it stays JSON. This is the last
 * guard: one string too long, and ReportEvent would refuse the whole event. */
void win_sink_cut(wchar_t *wide) {
  size_t len = wcslen(wide);
  if (len <= PG_EVENT_STRING_MAX)
    return;
  len = PG_EVENT_STRING_MAX;
  if (wide[len - 1] >= 0xd800 && wide[len - 1] <= 0xdbff)
    len--;
  wide[len] = L'\0';
}

static WORD type_of(enum pg_event_level level) {
  switch (level) {
  case PG_LEVEL_INFO:
    return EVENTLOG_INFORMATION_TYPE;
  case PG_LEVEL_WARNING:
    return EVENTLOG_WARNING_TYPE;
  case PG_LEVEL_ERROR:
    return EVENTLOG_ERROR_TYPE;
  }
  return EVENTLOG_ERROR_TYPE;
}

/* The count of strings made; less than the event has when memory ran out. */
static size_t widen(const struct pg_event *event, wchar_t **wide) {
  size_t made = 0;
  while (made < event->string_count && made < PG_EVENT_STRINGS_MAX) {
    wide[made] = win_wide(event->strings[made]);
    if (!wide[made])
      break;
    win_sink_cut(wide[made++]);
  }
  return made;
}

static void win_sink_write(void *context, const struct pg_event *event) {
  struct win_sink *sink = context;
  wchar_t *wide[PG_EVENT_STRINGS_MAX];
  LPCWSTR strings[PG_EVENT_STRINGS_MAX];
  size_t made = widen(event, wide);
  for (size_t i = 0; i < made; i++)
    strings[i] = wide[i];
  if (made != event->string_count ||
      !ReportEventW(sink->source, type_of(event->level),
                    (WORD)pg_event_category(event->id), (DWORD)event->id, NULL,
                    (WORD)made, 0, strings, NULL))
    sink->lost++;
  for (size_t i = 0; i < made; i++)
    free(wide[i]);
}

static void win_sink_close(void *context) {
  struct win_sink *sink = context;
  DeregisterEventSource(sink->source);
  free(sink);
}

static uint64_t win_sink_lost(void *context) {
  const struct win_sink *sink = context;
  return sink->lost;
}

bool win_sink_open(struct event_sink *sink) {
  struct win_sink *state = calloc(1, sizeof *state);
  wchar_t *name = win_wide(PG_SERVICE_NAME);
  if (state && name)
    state->source = RegisterEventSourceW(NULL, name);
  free(name);
  if (!state || !state->source) {
    free(state);
    return false;
  }
  sink->context = state;
  sink->write = win_sink_write;
  sink->close = win_sink_close;
  sink->lost = win_sink_lost;
  return true;
}
