/* The first lines of every program on Windows. Windows only. */
#ifndef PG_WIN_START_H
#define PG_WIN_START_H

/* DLL search in System32 only, heap termination on corruption, no remote or
 * low-label images, no extension points; console output in UTF-8. What an older
 * Windows does not know is left out silently: it is hardening, not function. */
void win_start(void);

/* The command line as UTF-8, from GetCommandLineW. Ends the process with a
 * message when there is no memory. */
char **win_arguments(int *argc);

#endif
