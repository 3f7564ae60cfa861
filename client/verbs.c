#include "client/verbs.h"

#include <string.h>

#define LISTEN_HELP                                                              \
  "Lists the IP listen list of HTTP.sys: the addresses it listens on, for all\n" \
  "ports. When the list is empty, it listens on every address.\n"                \
  "\n"                                                                           \
  "  portguardctl http iplisten\n"

#define ACTION_OPTIONS                                            \
  "  --dry-run            show what would be done, and no more\n" \
  "  --yes                do it without asking\n"
#define DEPENDENTS_OPTION \
  "  --dependents stop    stop running services that need it, too\n"

#define ADDRESS_OPTION \
  "  --address ADDR   only this address counts (default: every address)\n"

static const struct verb verbs[] = {
    {"status", "[PORT...]", "why is it taken (default: every guarded port)",
     "Says of each PORT who holds it, why, since when, and how to free it.\n"
     "When the service is not running, the answer is that of a one-off look\n"
     "with your own rights, and is marked incomplete.\n"
     "\n"
     "  portguardctl status 80\n"
     "  portguardctl status 80 443 8080 --json\n",
     VERB_TAKES_PORTS, 0, verb_status},
    {"list", "", "every listening port, one line each",
     "Lists every TCP port something listens on, with its holder.\n"
     "When the service is not running, the answer is that of a one-off look\n"
     "with your own rights, and is marked incomplete.\n"
     "\n"
     "  portguardctl list\n",
     VERB_TAKES_NOTHING, 0, verb_list},
    {"watch", "[PORT...]", "changes as they happen (default: all)",
     "Prints a line for every change of the listening ports, of what is configured\n"
     "for them and of what the policy does, until Ctrl-C or for --timeout. It goes\n"
     "on when the service is restarted.\n"
     "\n"
     "  portguardctl watch\n"
     "  portguardctl watch 80 443 --json\n",
     VERB_TAKES_PORTS, VERB_HAS_NO_END, verb_watch},
    {"history", "[PORT]", "who held it, and what happened (default: all)",
     "Shows who held PORT, or every port, from when until when, and what changed\n"
     "and was done, newest first: whatever the service remembers. On a terminal it\n"
     "comes through a pager.\n"
     "\n"
     "  --since T        from then on: how long ago, as 30m, 24h or 7d, or a time,\n"
     "                   as 2026-03-01 or \"2026-03-01 09:00\"\n"
     "  --until T        up to then, in the same words\n"
     "  --holder NAME    only what has to do with this service or program, as\n"
     "                   W3SVC, nginx.exe\n"
     "  --limit N        at most N holders and N changes, 1-10000 (default: 100)\n"
     "  --no-pager       no pager\n"
     "\n"
     "  portguardctl history 80 --since 24h\n"
     "  portguardctl history --holder W3SVC --since 2026-03-01 --until 2026-03-08\n",
     VERB_MAY_TAKE_A_PORT, VERB_HAS_HISTORY, verb_history},
    {"check", "PORT", "for scripts: the exit code says the state",
     "Prints a line and ends with 0 when a server could bind PORT now, 1 when it is\n"
     "in use, 2 when Windows reserves it, 3 when that is not known for sure, and 5\n"
     "without a service.\n"
     "\n" ADDRESS_OPTION "\n"
     "  portguardctl check 80\n"
     "  portguardctl check 80 --address 127.0.0.1\n",
     VERB_TAKES_A_PORT, VERB_HAS_ADDRESS, verb_check},
    {"wait", "PORT --until S", "until the port is free, or in use",
     "Waits until PORT is in the state S and ends with 0, with 1 when --timeout is\n"
     "over before, and with 5 without a service. It is told of changes and does\n"
     "not ask again and again.\n"
     "\n"
     "  --until S        free: a server could bind the port; in-use: something\n"
     "                   listens on it, on whatever address\n"
     "  --holder NAME    only this service or program counts, as W3SVC, "
     "nginx.exe\n" ADDRESS_OPTION "\n"
     "  portguardctl wait 80 --until free --timeout 30s\n"
     "  portguardctl wait 80 --until in-use --holder W3SVC\n",
     VERB_TAKES_A_PORT, VERB_WAITS | VERB_HAS_ADDRESS, verb_wait},
    {"http queues", "", "the request queues of HTTP.sys and who serves them",
     "Lists the request queues of HTTP.sys: the processes attached, the service\n"
     "behind them, and the URLs they asked for.\n"
     "\n"
     "  portguardctl http queues\n",
     VERB_TAKES_NOTHING, 0, verb_http_queues},
    {"http reservations", "", "who may register which URL with HTTP.sys",
     "Lists the URL reservations (urlacl): the right to register a URL with\n"
     "HTTP.sys. Nobody holds a port because of one.\n"
     "\n"
     "  portguardctl http reservations\n",
     VERB_TAKES_NOTHING, 0, verb_http_reservations},
    {"http iplisten", "[list]", "the addresses HTTP.sys listens on", LISTEN_HELP,
     VERB_TAKES_NOTHING, 0, verb_http_listen_list},
    {"http iplisten list", "", NULL, LISTEN_HELP, VERB_TAKES_NOTHING, 0,
     verb_http_listen_list},
    {"http iplisten add", "ADDR", "let HTTP.sys listen on this address only",
     "Adds ADDR to the IP listen list of HTTP.sys, which then listens on the listed\n"
     "addresses only: on every port, for all its services. As administrator.\n"
     "\n" ACTION_OPTIONS "\n"
     "  portguardctl http iplisten add 127.0.0.2\n",
     VERB_TAKES_AN_ADDRESS, VERB_CONTROLS | VERB_ACTS, verb_listen_add},
    {"http iplisten delete", "ADDR", "take an address off that list",
     "Takes ADDR off the IP listen list of HTTP.sys. As administrator.\n"
     "\n" ACTION_OPTIONS "\n"
     "  portguardctl http iplisten delete 127.0.0.2\n",
     VERB_TAKES_AN_ADDRESS, VERB_CONTROLS | VERB_ACTS, verb_listen_delete},
    {"http certificates", "", "the certificates bound to HTTP.sys endpoints",
     "Lists the certificate bindings (sslcert) of HTTP.sys, by address and by\n"
     "host name.\n"
     "\n"
     "  portguardctl http certificates\n",
     VERB_TAKES_NOTHING, 0, verb_http_certificates},
    {"graph", "PORT", "what the port leads to, and what hangs on it",
     "Follows PORT to the listener, the driver, the request queue, the URL, the\n"
     "process and the service, and from there to the services that need it and\n"
     "those it needs.\n"
     "\n"
     "  --format F   text (a tree, the default), dot (for Graphviz) or mermaid\n"
     "\n"
     "  portguardctl graph 80\n"
     "  portguardctl graph 80 --format dot | dot -Tsvg -o port80.svg\n"
     "  portguardctl graph 80 --format mermaid\n",
     VERB_TAKES_A_PORT, VERB_HAS_FORMAT, verb_graph},
    {"free", "PORT", "stop the services that hold the port",
     "Stops the services that hold PORT, those that need them first if you say\n"
     "so, and looks whether the port is free then. The plan is shown, and you are\n"
     "asked. What is no service, or is better left alone, is told and not touched.\n"
     "As administrator.\n"
     "\n" ACTION_OPTIONS DEPENDENTS_OPTION "\n"
     "  portguardctl free 80 --dry-run\n"
     "  portguardctl free 80\n",
     VERB_TAKES_A_PORT, VERB_CONTROLS | VERB_ACTS | VERB_HAS_DEPENDENTS, verb_free},
    {"stop", "SERVICE", "stop a service",
     "Stops SERVICE, which restore starts again. As administrator.\n"
     "\n" ACTION_OPTIONS DEPENDENTS_OPTION "\n"
     "  portguardctl stop W3SVC\n",
     VERB_TAKES_A_SERVICE, VERB_CONTROLS | VERB_ACTS | VERB_HAS_DEPENDENTS, verb_stop},
    {"disable", "SERVICE", "stop a service and keep it from starting",
     "Stops SERVICE and sets its start type to disabled, so that it does not come\n"
     "back; restore undoes both. As administrator.\n"
     "\n" ACTION_OPTIONS DEPENDENTS_OPTION "\n"
     "  portguardctl disable W3SVC\n",
     VERB_TAKES_A_SERVICE, VERB_CONTROLS | VERB_ACTS | VERB_HAS_DEPENDENTS, verb_disable},
    {"restore", "SERVICE", "undo what stop, disable or free did to a service",
     "Gives SERVICE its start type back and starts it and what was stopped with\n"
     "it, also after a restart of Windows. As administrator.\n"
     "\n" ACTION_OPTIONS "\n"
     "  portguardctl restore W3SVC\n",
     VERB_TAKES_A_SERVICE, VERB_CONTROLS | VERB_ACTS, verb_restore},
    {"policy show", "", "what each rule does, and whom it watches now",
     "Shows the rules of config.json: what each one stops and when, whether its\n"
     "schedule is open, and the services it watches, with their strikes.\n"
     "\n"
     "  portguardctl policy show\n",
     VERB_TAKES_NOTHING, 0, verb_policy_show},
    {"policy test", "--port N", "what the rules would do, and why",
     "Says what would happen if a service held port N, and what each rule has to\n"
     "do with it. Nothing is done.\n"
     "\n"
     "  --port N         the port, 1-65535\n"
     "  --service NAME   by this service (default: any that a rule lists)\n"
     "  --at TIME        then, as 2026-03-02T09:00, in local time or with Z or\n"
     "                   +01:00 behind it (default: now)\n"
     "\n"
     "  portguardctl policy test --port 80\n"
     "  portguardctl policy test --port 80 --service W3SVC --at 2026-03-02T09:00\n",
     VERB_TAKES_NOTHING, VERB_ASKS_RULES, verb_policy_test},
    {"policy pause", "[RULE] --for T", "let a rule, or all, do nothing for a while",
     "Keeps RULE, or without it every rule, from acting for the time T, also over\n"
     "a restart of the service. It takes the place of a pause before. As\n"
     "administrator.\n"
     "\n"
     "  --for T   1 s to 30 d, as 30, 30s, 2m, 2h or 1d\n"
     "\n"
     "  portguardctl policy pause keep-80-free --for 2h\n"
     "  portguardctl policy pause --for 1d\n",
     VERB_MAY_TAKE_A_RULE, VERB_CONTROLS | VERB_NEEDS_FOR, verb_policy_pause},
    {"policy resume", "[RULE]", "end pauses and suspensions, forget strikes",
     "Lets RULE, or without it every rule, act again: ends its pause and its\n"
     "suspensions and forgets strikes. Cool-downs go on. As administrator.\n"
     "\n"
     "  portguardctl policy resume keep-80-free\n"
     "  portguardctl policy resume\n",
     VERB_MAY_TAKE_A_RULE, VERB_CONTROLS, verb_policy_resume},
    {"policy reload", "", "read the configuration and Group Policy again",
     "Has the service read config.json and Group Policy again, and says what is in\n"
     "force. It also notices by itself when they change. As administrator.\n"
     "\n"
     "  portguardctl policy reload\n",
     VERB_TAKES_NOTHING, VERB_CONTROLS, verb_policy_reload},
    {"capture", "[-o FILE]", "everything the service saw, raw, in one file",
     "Writes a capture: what the service saw, as JSON, to be explained on any\n"
     "machine. FILE is replaced only when the capture is complete.\n"
     "\n"
     "  -o, --output FILE   write there instead of to standard output\n"
     "\n"
     "  portguardctl capture -o host.json\n"
     "  portguardsvc explain --capture host.json --port 80\n",
     VERB_TAKES_NOTHING, VERB_HAS_OUTPUT, verb_capture},
    {"report", "[PORT...] -o FILE", "what there is to tell, as a page to send",
     "Writes one HTML file about each PORT: its state, who holds it and how to free\n"
     "it, who held it when, what it leads to, what happened, and what the rules do.\n"
     "Without PORT: the guarded ports of which there is anything to tell. The page\n"
     "has no script and fetches nothing.\n"
     "\n"
     "  -o, --output FILE   write there; - for standard output. With --json, which\n"
     "                      writes the data instead, it may be left out\n"
     "  --since T           how far back: 12h or 30d, or a time as\n"
     "                      2026-03-02T09:00 (default: 7d)\n"
     "  --open              open the page when it is written\n"
     "\n"
     "  portguardctl report -o ports.html --open\n"
     "  portguardctl report 80 443 --since 30d -o web.html\n",
     VERB_TAKES_PORTS, VERB_HAS_OUTPUT | VERB_REPORTS, verb_report},
    {"health", "", "how the service itself is doing",
     "Shows how long the service runs, what it samples and which of its\n"
     "sources failed.\n"
     "\n"
     "  portguardctl health\n",
     VERB_TAKES_NOTHING, 0, verb_health},
    {"doctor", "", "is everything in place, and what to do if not",
     "Looks whether PortGuard is installed, runs and works as it should: its service,\n"
     "pipes, files, sources and versions. What is wrong comes with a command that\n"
     "mends it or shows more. Without the service only what the client can see is\n"
     "looked at. Ends with 0 when nothing failed, 7 when something did, and 5 when\n"
     "the service cannot be reached.\n"
     "\n"
     "  portguardctl doctor\n"
     "  portguardctl doctor --json\n",
     VERB_TAKES_NOTHING, 0, verb_doctor},
    {"completion powershell", "", "a script that completes what you type",
     "Prints a script for PowerShell, which then completes verbs and options with\n"
     "the Tab key, and asks the service for listening ports, services that hold one\n"
     "or are in a rule, and rules. Without the service it completes the rest. The\n"
     "first line below is for this session, the other two are for all to come.\n"
     "\n"
     "  portguardctl completion powershell | Out-String | Invoke-Expression\n"
     "\n"
     "  if (!(Test-Path $PROFILE)) { New-Item -ItemType File -Force $PROFILE }\n"
     "  portguardctl completion powershell | Add-Content $PROFILE\n",
     VERB_TAKES_NOTHING, 0, verb_completion},
    {"version", "", "client, service, protocol, dependencies",
     "Prints the versions of the client and of the service it talks to.\n"
     "\n"
     "  portguardctl version\n",
     VERB_TAKES_NOTHING, 0, verb_version},
};

#define VERB_COUNT (sizeof verbs / sizeof verbs[0])
#define NEAR 2 /* edits; more is another word */

const struct verb *verb_find(const char *name) {
  for (size_t i = 0; i < VERB_COUNT; i++)
    if (strcmp(verbs[i].name, name) == 0)
      return &verbs[i];
  return NULL;
}

const struct verb *verb_at(size_t index) {
  return index < VERB_COUNT ? &verbs[index] : NULL;
}

static bool in_group(const struct verb *verb, const char *word) {
  size_t len = strlen(word);
  return strncmp(verb->name, word, len) == 0 && verb->name[len] == ' ';
}

bool verb_is_group(const char *word) {
  for (size_t i = 0; i < VERB_COUNT; i++)
    if (in_group(&verbs[i], word))
      return true;
  return false;
}

const char *verb_group_names(struct pg_text *out, const char *word) {
  const char *first = NULL;
  for (size_t i = 0; i < VERB_COUNT; i++) {
    if (verbs[i].summary == NULL || !in_group(&verbs[i], word))
      continue;
    pg_text_printf(out, "%s%s", first != NULL ? ", " : "", verbs[i].name);
    first = first != NULL ? first : verbs[i].name;
  }
  return first;
}

#define WORD_MAX 32

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Levenshtein, but two neighbours swapped count once: the usual slip. Words
 * longer than WORD_MAX are far from every verb. */
static size_t edit_distance(const char *a, const char *b) {
  size_t rows[3][WORD_MAX + 1];
  size_t a_len = strlen(a), b_len = strlen(b);
  if (a_len > WORD_MAX || b_len > WORD_MAX)
    return WORD_MAX;
  size_t *older = rows[0], *above = rows[1], *row = rows[2];
  memset(rows, 0, sizeof rows);
  for (size_t j = 0; j <= b_len; j++)
    above[j] = j;
  for (size_t i = 1; i <= a_len; i++) {
    row[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
      row[j] =
          least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least(row[j], older[j - 2] + 1);
    }
    size_t *spare = older;
    older = above;
    above = row;
    row = spare;
  }
  return above[b_len];
}

const struct verb *verb_nearest(const char *name) {
  const struct verb *best = NULL;
  size_t closest = NEAR + 1;
  for (size_t i = 0; i < VERB_COUNT; i++) {
    size_t edits = edit_distance(name, verbs[i].name);
    if (edits < closest && edits < strlen(name)) {
      closest = edits;
      best = &verbs[i];
    }
  }
  return best;
}

static void global_options(struct pg_text *out) {
  pg_text_str_add(
      out, "Options of every verb, before or after it:\n"
           "  --json          the answer as JSON, errors too, on standard output\n"
           "  --no-color      no colour (NO_COLOR does the same)\n"
           "  --pipe NAME     talk to this pipe instead of the service's own\n"
           "  --control NAME  the same for the verbs of administrators\n"
           "  --timeout T     give up after T: 30, 30s or 2m (default: 5s; for the\n"
           "                  verbs of administrators 2m; wait and watch: never)\n"
           "  -h, --help      this page, or that of the verb\n");
}

static void summary_line(struct pg_text *out, const struct verb *verb) {
  char left[40];
  pg_copy(left, sizeof left, verb->name);
  size_t used = strlen(left);
  if (verb->arguments[0] != '\0') {
    pg_copy(left + used, sizeof left - used, " ");
    pg_copy(left + used + 1, sizeof left - used - 1, verb->arguments);
  }
  pg_text_printf(out, "  %-27s %s\n", left, verb->summary);
}

void verb_group_help(struct pg_text *out, const char *word) {
  pg_text_printf(out, "Usage: portguardctl %s VERB [OPTIONS]\n\n", word);
  for (size_t i = 0; i < VERB_COUNT; i++)
    if (verbs[i].summary != NULL && in_group(&verbs[i], word))
      summary_line(out, &verbs[i]);
  pg_text_char(out, '\n');
  global_options(out);
}

static void program_help(struct pg_text *out) {
  pg_text_str_add(out, "portguardctl says why a TCP port is taken.\n\n"
                       "Usage: portguardctl [OPTIONS] VERB [ARGUMENTS]\n\n");
  for (size_t i = 0; i < VERB_COUNT; i++)
    if (verbs[i].summary != NULL)
      summary_line(out, &verbs[i]);
  pg_text_char(out, '\n');
  global_options(out);
  pg_text_str_add(out,
                  "  --version       the same as the verb version\n"
                  "\n"
                  "Example: portguardctl status 80\n"
                  "Exit codes: 0 answered, 4 permission, 5 service unreachable, busy\n"
                  "or late, 6 refused by a safety rule, 64 usage, 7 other failures;\n"
                  "1 to 3 are of check and wait, whose pages say what they mean.\n");
}

void verb_help(struct pg_text *out, const struct verb *verb) {
  if (verb == NULL) {
    program_help(out);
    return;
  }
  pg_text_printf(out, "Usage: portguardctl %s%s%s [OPTIONS]\n\n%s\n", verb->name,
                 verb->arguments[0] != '\0' ? " " : "", verb->arguments, verb->help);
  global_options(out);
}
