/* paramchange.exe SERVICE: sends SERVICE_CONTROL_PARAMCHANGE, as `sc control SERVICE
 * paramchange` does on Windows; Wine's sc knows no such verb. */
#include <windows.h>

#include <stdio.h>

static int failed(const char *function) {
  fprintf(stderr, "paramchange: %s: error %lu\n", function,
          (unsigned long)GetLastError());
  return 1;
}

int main(int argc, char **argv) {
  SERVICE_STATUS status;
  if (argc != 2) {
    fputs("usage: paramchange SERVICE\n", stderr);
    return 64;
  }
  SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
  if (!manager)
    return failed("OpenSCManager");
  SC_HANDLE service = OpenServiceA(manager, argv[1], SERVICE_PAUSE_CONTINUE);
  if (!service)
    return failed("OpenService");
  if (!ControlService(service, SERVICE_CONTROL_PARAMCHANGE, &status))
    return failed("ControlService");
  printf("accepted in state %lu\n", (unsigned long)status.dwCurrentState);
  return 0;
}
