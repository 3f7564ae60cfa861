/* The pages of help. docs/cli.md shows them to the letter. */
#include "service/options.h"

#include <stdio.h>

#define PIPE_OPTIONS                                                                 \
  "  --pipe NAME      the pipe that answers verbs that only look; needed. On\n"      \
  "                   Windows \\\\.\\pipe\\NAME, and not the installed service's;\n" \
  "                   on Linux the path of a socket\n"                               \
  "  --control NAME   the same for the verbs of administrators (default: none)\n"

/* In the order of the program's page. */
static const struct {
  enum service_verb verb;
  const char *arguments, *summary;
  const char *page; /* below its usage line; NULL: it is the program's */
} pages[] = {
    {SERVICE_VERB_INSTALL, "", "register the Windows service (as administrator)",
     "Registers the service PortGuard, to be started with Windows from where this\n"
     "program lies, and its event source. It may be repeated, then it updates them\n"
     "and mends what somebody changed. Says what to do when the data folder is not\n"
     "to be trusted. As administrator.\n"
     "\n"
     "  portguardsvc install\n"},
    {SERVICE_VERB_UNINSTALL, "", "stop and remove it (as administrator)",
     "Stops the service PortGuard and removes it and its event source. Its data\n"
     "folder stays. As administrator.\n"
     "\n"
     "  portguardsvc uninstall\n"},
    {SERVICE_VERB_EXPLAIN, "[OPTIONS]", "answer from a capture, or from one look",
     "Says who holds a port, or which ports are held, from a capture; on Windows\n"
     "also from one look at this machine, with your own rights.\n"
     "\n"
     "  --capture FILE   what `portguardctl capture` wrote, of any machine\n"
     "  --port N         the port, 1-65535 (default: every listening port)\n"
     "  --json           the answer of `portguardctl status`, or list, as JSON\n"
     "\n"
     "  portguardsvc explain --capture host.json --port 80\n"
     "  portguardsvc explain --capture host.json --json\n"},
    {SERVICE_VERB_RUN, "--pipe NAME [OPTIONS]", "run in the console, for development",
     "Runs the service in this console until Ctrl-C. Its events go to standard\n"
     "error, a line of JSON each.\n"
     "\n" PIPE_OPTIONS
     "  --state DIR      keep state.json and the history there (default: nowhere,\n"
     "                   and so nothing can be stopped)\n"
     "  --config FILE    take the configuration from there (default: the defaults)\n"
     "  --group-policy FILE\n"
     "                   take Group Policy from there (default: there is none)\n"
     "  --capture FILE   see what is in there instead of this machine, and again\n"
     "                   when it changes; needed on Linux\n"
     "  --interval MS    look every MS milliseconds, 100-60000, whatever the\n"
     "                   configuration says\n"
     "\n"
     "  portguardsvc run --pipe \\\\.\\pipe\\trial --state C:\\Trial\n"
     "  portguardsvc run --pipe trial.sock --capture host.json\n"},
    {SERVICE_VERB_CHECK, "FILE", "say whether FILE would do as config.json",
     "Reads FILE, whoever may write it, as the service reads config.json. Ends with 0\n"
     "when it would be taken; else it says what is wrong in it and where.\n"
     "\n"
     "  portguardsvc check-config config.json\n"},
    {SERVICE_VERB_VERSION, "", "print the versions of it and its libraries",
     "Prints the version of this program, the system it runs on, and the versions of\n"
     "the libraries in it.\n"
     "\n"
     "  portguardsvc version\n"},
    {SERVICE_VERB_HELP, "", "print this page", NULL},
};
#define PAGES (sizeof pages / sizeof *pages)

static const char *name_of(enum service_verb verb) {
  switch (verb) {
#define X(name, text)       \
  case SERVICE_VERB_##name: \
    return text;
    SERVICE_VERB_LIST(X)
#undef X
  case SERVICE_VERB_NONE:
    break;
  }
  return "";
}

static void program_page(void) {
  fputs("portguardsvc is the service PortGuard, which Windows starts. The verbs are for\n"
        "people.\n"
        "\n"
        "Usage: portguardsvc VERB [OPTIONS]\n"
        "\n",
        stdout);
  for (size_t i = 0; i < PAGES; i++) {
    char left[48];
    (void)snprintf(left, sizeof left, "%s%s%s", name_of(pages[i].verb),
                   pages[i].arguments[0] != '\0' ? " " : "", pages[i].arguments);
    printf("  %-26s %s\n", left, pages[i].summary);
  }
  fputs("\n"
        "  VERB --help                the page of the verb\n"
        "  --version                  the same as the verb version\n"
        "\n"
        "Example: portguardsvc explain --capture host.json --port 80\n"
        "Exit codes are those of portguardctl.\n",
        stdout);
}

void service_help(enum service_verb verb) {
  for (size_t i = 0; i < PAGES; i++) {
    if (pages[i].verb != verb || pages[i].page == NULL)
      continue;
    printf("Usage: portguardsvc %s%s%s\n\n%s", name_of(verb),
           pages[i].arguments[0] != '\0' ? " " : "", pages[i].arguments, pages[i].page);
    return;
  }
  program_page();
}
