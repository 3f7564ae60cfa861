#include "service/metrics/metrics.h"

#include <inttypes.h>
#include <string.h>

static const struct {
  const char *name, *labels, *help;
  enum metric_type type;
} metrics[] = {
#define X(name, text, type, labels, help) {text, labels, help, METRIC_##type},
    PG_METRIC_LIST(X)
#undef X
};

static const char *type_name(enum metric_type type) {
  switch (type) {
  case METRIC_GAUGE:
    return "gauge";
  case METRIC_COUNTER:
    return "counter";
  case METRIC_SUMMARY:
    return "summary";
  }
  return "untyped";
}

void metric_begin(struct pg_text *out, enum metric metric) {
  const char *name = metrics[metric].name;
  pg_text_printf(out, "# HELP %s %s\n", name, metrics[metric].help);
  pg_text_printf(out, "# TYPE %s %s\n", name, type_name(metrics[metric].type));
}

static bool is_special(char c) {
  return c == '\\' || c == '"' || c == '\n';
}

/* A backslash goes before each character that would end the value, or begin an escape in
 * it. No line feed comes out of the first escaper; that none could end the line is seen
 * to all the same. From the back, so that it needs no other place. */
static void escape_label(struct pg_text *out, size_t from) {
  size_t extra = 0;
  for (size_t i = from; i < out->len; i++)
    extra += is_special(out->data[i]);
  size_t at = out->len;
  for (size_t i = 0; i < extra; i++)
    pg_text_char(out, ' ');
  if (out->failed)
    return;
  for (size_t to = out->len; extra > 0 && at > from;) {
    char c = out->data[--at];
    out->data[--to] = c;
    if (c == '\n')
      out->data[to] = 'n';
    if (is_special(c))
      out->data[--to] = '\\';
  }
}

static void add_value(struct pg_text *out, const char *value) {
  size_t from = out->len;
  pg_text_escaped(out, value != NULL ? value : "", METRIC_SHOWN);
  escape_label(out, from);
}

static void add_labels(struct pg_text *out, const char *labels,
                       const char *const *values) {
  const char *open = "{";
  while (*labels != '\0') {
    size_t len = strcspn(labels, ",");
    pg_text_str_add(out, open);
    pg_text_add(out, labels, len);
    pg_text_str_add(out, "=\"");
    add_value(out, *values++);
    open = "\",";
    labels += len + (labels[len] == ',');
  }
  pg_text_str_add(out, open[0] == '{' ? "" : "\"}");
}

static void add_number(struct pg_text *out, int64_t value, unsigned decimals) {
  int64_t unit = 1;
  for (unsigned i = 0; i < decimals; i++)
    unit *= 10;
  pg_text_printf(out, " %" PRId64, value / unit);
  if (decimals > 0)
    pg_text_printf(out, ".%0*" PRId64, (int)decimals, value % unit);
  pg_text_char(out, '\n');
}

void metric_sample(struct pg_text *out, enum metric metric, const char *const *values,
                   int64_t value, unsigned decimals) {
  pg_text_str_add(out, metrics[metric].name);
  add_labels(out, metrics[metric].labels, values);
  add_number(out, value, decimals);
}

void metric_single(struct pg_text *out, enum metric metric, int64_t value,
                   unsigned decimals) {
  metric_begin(out, metric);
  pg_text_str_add(out, metrics[metric].name);
  add_number(out, value, decimals);
}

void metric_quantiles(struct pg_text *out, enum metric metric,
                      const struct metric_summary *summary) {
  const char *name = metrics[metric].name;
  const struct {
    const char *quantile;
    uint32_t us;
  } quantiles[] = {
      {"0.5", summary->p50_us}, {"0.99", summary->p99_us}, {"1", summary->max_us}};
  metric_begin(out, metric);
  for (size_t i = 0; summary->known && i < sizeof quantiles / sizeof *quantiles; i++) {
    pg_text_printf(out, "%s{quantile=\"%s\"}", name, quantiles[i].quantile);
    add_number(out, quantiles[i].us, METRIC_MICRO);
  }
  pg_text_printf(out, "%s_sum", name);
  add_number(out, (int64_t)summary->sum_us, METRIC_MICRO);
  pg_text_printf(out, "%s_count %" PRIu64 "\n", name, summary->count);
}
