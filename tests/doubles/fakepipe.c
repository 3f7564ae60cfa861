/* fakepipe.exe: takes the status pipe's name before the service can, as any local
 * user may. Prints "ready", then for each client how many bytes it was trusted
 * with ("client sent 0"), until its standard input ends. */
#include <windows.h>

#include "common/protocol.h"

#include <stdio.h>
#include <stdlib.h>

#define BUFFER_BYTES 4096

static DWORD WINAPI wait_for_input(void *unused) {
  (void)unused;
  while (getchar() != EOF)
    ;
  exit(0);
}

/* No descriptor: the pipe belongs to whoever runs this. */
static HANDLE make_pipe(void) {
  return CreateNamedPipeA(
      PG_PIPE_STATUS, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
      PIPE_TYPE_BYTE | PIPE_WAIT, 4, BUFFER_BYTES, BUFFER_BYTES, 0, NULL);
}

static void serve_one(HANDLE pipe) {
  char buffer[BUFFER_BYTES];
  DWORD got = 0, total = 0;
  if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) {
    DisconnectNamedPipe(pipe);
    return;
  }
  while (ReadFile(pipe, buffer, sizeof buffer, &got, NULL) && got > 0)
    total += got;
  printf("client sent %lu\n", (unsigned long)total);
  fflush(stdout);
  DisconnectNamedPipe(pipe);
}

int main(void) {
  HANDLE pipe = make_pipe();
  if (pipe == INVALID_HANDLE_VALUE) {
    fprintf(stderr, "fakepipe: CreateNamedPipe: error %lu\n",
            (unsigned long)GetLastError());
    return 1;
  }
  puts("ready");
  fflush(stdout);
  CloseHandle(CreateThread(NULL, 0, wait_for_input, NULL, 0, NULL));
  for (;;)
    serve_one(pipe);
}
