/* listen.exe ADDRESS PORT [v6]: listens on one endpoint until its standard input
 * ends. Prints "ready" once it does. ADDRESS is numeric; with v6, "::" takes IPv6
 * only. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include <stdio.h>
#include <string.h>

static int failed(const char *function) {
  fprintf(stderr, "listen: %s: error %d\n", function, WSAGetLastError());
  return 1;
}

static int serve(const struct addrinfo *at) {
  DWORD one = 1;
  const char *yes = (const char *)&one;
  SOCKET listener = socket(at->ai_family, SOCK_STREAM, IPPROTO_TCP);
  if (listener == INVALID_SOCKET)
    return failed("socket");
  if (at->ai_family == AF_INET6)
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, yes, sizeof one);
  if (bind(listener, at->ai_addr, (int)at->ai_addrlen) != 0)
    return failed("bind");
  if (listen(listener, SOMAXCONN) != 0)
    return failed("listen");
  /* Wine 8 knows who owns a listener only once its owner has set an option that
   * Wine sets from inside the owner's process. This one changes nothing here. */
  if (setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, yes, sizeof one) != 0)
    return failed("setsockopt");
  puts("ready");
  fflush(stdout);
  while (getchar() != EOF)
    ;
  closesocket(listener);
  return 0;
}

int main(int argc, char **argv) {
  WSADATA data;
  struct addrinfo hints, *at = NULL;
  if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "v6") != 0)) {
    fputs("usage: listen ADDRESS PORT [v6]\n", stderr);
    return 64;
  }
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
    return failed("WSAStartup");
  memset(&hints, 0, sizeof hints);
  hints.ai_family = argc == 4 ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  if (getaddrinfo(argv[1], argv[2], &hints, &at) != 0)
    return failed("getaddrinfo");
  return serve(at);
}
