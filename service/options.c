#include "service/options.h"

#include "common/limits.h"
#include "common/text.h"

#include <getopt.h>
#include <string.h>

static enum service_verb find_verb(const char *word) {
  static const struct {
    const char *word;
    enum service_verb verb;
  } verbs[] = {
#define X(name, text) {text, SERVICE_VERB_##name},
      SERVICE_VERB_LIST(X)
#undef X
          {"--help", SERVICE_VERB_HELP},
      {"-h", SERVICE_VERB_HELP},
      {"--version", SERVICE_VERB_VERSION},
  };
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(verbs[i].word, word) == 0)
      return verbs[i].verb;
  return SERVICE_VERB_NONE;
}

static enum pg_error usage_error(struct pg_fault *fault, const char *format,
                                 const char *word) {
  char shown[128];
  pg_escape(shown, sizeof shown, word);
  pg_fail(fault, PG_E_USAGE, format, shown);
  pg_fault_hint(fault, "portguardsvc help");
  return PG_E_USAGE;
}

static enum pg_error read_interval(const char *text, uint32_t *interval,
                                   struct pg_fault *fault) {
  char shown[64];
  if (pg_parse_u32(text, interval) && *interval >= PG_INTERVAL_MIN_MS &&
      *interval <= PG_INTERVAL_MAX_MS)
    return PG_OK;
  return pg_fail(fault, PG_E_USAGE, "interval \"%s\": expected %d-%d milliseconds",
                 pg_escape(shown, sizeof shown, text), PG_INTERVAL_MIN_MS,
                 PG_INTERVAL_MAX_MS);
}

enum {
  OPTION_CAPTURE = 256,
  OPTION_PIPE,
  OPTION_CONTROL,
  OPTION_STATE,
  OPTION_CONFIG,
  OPTION_GROUP_POLICY,
  OPTION_PORT,
  OPTION_JSON,
  OPTION_INTERVAL
};

/* Of short options in one word getopt tells the letter, of a long one the word. */
static enum pg_error unknown_option(char **argv, struct pg_fault *fault) {
  char letter[3] = {'-', (char)optopt, '\0'};
  bool is_short = optopt > 0 && optopt < OPTION_CAPTURE;
  return usage_error(fault, "unknown option %s", is_short ? letter : argv[optind - 1]);
}

static enum pg_error take_option(int option, char **argv, struct service_options *out,
                                 struct pg_fault *fault) {
  switch (option) {
  case OPTION_CAPTURE:
    out->capture = optarg;
    return PG_OK;
  case OPTION_PIPE:
    out->pipe = optarg;
    return PG_OK;
  case OPTION_CONTROL:
    out->control = optarg;
    return PG_OK;
  case OPTION_CONFIG:
    out->config = optarg;
    return PG_OK;
  case OPTION_GROUP_POLICY:
    out->group_policy = optarg;
    return PG_OK;
  case OPTION_STATE:
    out->state = optarg;
    return PG_OK;
  case OPTION_JSON:
    out->json = true;
    return PG_OK;
  case OPTION_INTERVAL:
    return read_interval(optarg, &out->interval_ms, fault);
  case OPTION_PORT:
    return pg_parse_port(optarg, &out->port, fault) == PG_OK
               ? PG_OK
               : (fault->code = PG_E_USAGE, PG_E_USAGE);
  case ':':
    return usage_error(fault, "option %s needs a value", argv[optind - 1]);
  case 'h':
    out->help = true;
    return PG_OK;
  default:
    return unknown_option(argv, fault);
  }
}

/* Options that the verb has no use for are refused rather than ignored. */
static enum pg_error check_verb(const struct service_options *o, struct pg_fault *fault) {
  bool run = o->verb == SERVICE_VERB_RUN, explain = o->verb == SERVICE_VERB_EXPLAIN;
  if (run && o->pipe == NULL)
    return usage_error(fault, "%s needs --pipe NAME", "run");
  if (o->verb == SERVICE_VERB_CHECK && o->file == NULL)
    return usage_error(fault, "%s needs the path of a file", "check-config");
  if (!run && o->pipe != NULL)
    return usage_error(fault, "%s is for run", "--pipe");
  if (!run && o->control != NULL)
    return usage_error(fault, "%s is for run", "--control");
  if (!run && o->config != NULL)
    return usage_error(fault, "%s is for run", "--config");
  if (!run && o->group_policy != NULL)
    return usage_error(fault, "%s is for run", "--group-policy");
  if (!run && o->state != NULL)
    return usage_error(fault, "%s is for run", "--state");
  if (!run && o->interval_ms != 0)
    return usage_error(fault, "%s is for run", "--interval");
  if (!explain && o->port != 0)
    return usage_error(fault, "%s is for explain", "--port");
  if (!explain && o->json)
    return usage_error(fault, "%s is for explain", "--json");
  if (!explain && !run && o->capture != NULL)
    return usage_error(fault, "%s is for run and explain", "--capture");
  return PG_OK;
}

enum pg_error service_options_read(int argc, char **argv, struct service_options *out,
                                   struct pg_fault *fault) {
  static const struct option options[] = {
      {"capture", required_argument, NULL, OPTION_CAPTURE},
      {"pipe", required_argument, NULL, OPTION_PIPE},
      {"control", required_argument, NULL, OPTION_CONTROL},
      {"config", required_argument, NULL, OPTION_CONFIG},
      {"group-policy", required_argument, NULL, OPTION_GROUP_POLICY},
      {"state", required_argument, NULL, OPTION_STATE},
      {"port", required_argument, NULL, OPTION_PORT},
      {"json", no_argument, NULL, OPTION_JSON},
      {"interval", required_argument, NULL, OPTION_INTERVAL},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  memset(out, 0, sizeof *out);
  if (argc < 2)
    return PG_OK;
  out->verb = find_verb(argv[1]);
  if (out->verb == SERVICE_VERB_NONE)
    return usage_error(fault, "unknown verb \"%s\"", argv[1]);
  int option;
  argc--; /* the verb stands where getopt expects the program's name */
  argv++;
  optind = 0; /* both of GNU's and BSD's getopt start anew then */
  opterr = 0;
  while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
    enum pg_error error = take_option(option, argv, out, fault);
    if (error != PG_OK)
      return error;
  }
  if (out->help)
    return PG_OK;
  if (out->verb == SERVICE_VERB_CHECK && optind < argc)
    out->file = argv[optind++];
  if (optind < argc)
    return usage_error(fault, "unexpected argument \"%s\"", argv[optind]);
  return check_verb(out, fault);
}
