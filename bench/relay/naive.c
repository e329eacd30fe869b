/*
 * A relay as most are first written: one recvfrom, then one sendto for each child.
 * naive PORT FIRST_ADDRESS CHILDREN CHILD_PORT; children have consecutive IPv4 addresses.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int children = atoi(argv[3]);
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  int size = 4 << 20;
  setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(s, (struct sockaddr *)&own, sizeof own) != 0) {
    perror("Cannot bind");
    return 1;
  }
  struct sockaddr_in *to = calloc(children, sizeof *to);
  for (int i = 0; i < children; i++) {
    to[i].sin_family = AF_INET;
    to[i].sin_port = htons(atoi(argv[4]));
    to[i].sin_addr.s_addr = htonl(ntohl(inet_addr(argv[2])) + i);
  }
  static char bytes[2048];
  for (;;) {
    ssize_t length = recvfrom(s, bytes, sizeof bytes, 0, NULL, NULL);
    if (length < 0) continue;
    for (int i = 0; i < children; i++) {
      sendto(s, bytes, length, 0, (struct sockaddr *)&to[i], sizeof to[i]);
    }
  }
}
