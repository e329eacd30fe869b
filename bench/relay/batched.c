/*
 * The same relay as the kernel likes it: recvmmsg takes what is there, joined where it came joined (UDP_GRO), and each
 * child gets it as one datagram that the kernel cuts (UDP_SEGMENT), all children with one sendmmsg. Payloads are shared.
 * batched PORT FIRST_ADDRESS CHILDREN CHILD_PORT; children have consecutive IPv4 addresses.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

enum { BATCH = 64, BYTES = 65536, DATAGRAM_MAX = 65507, SEGMENTS_MAX = 64, CALL_MAX = 1024 };

static char bytes[BATCH][BYTES];
static struct iovec in[BATCH], out[BATCH];
static struct mmsghdr got[BATCH];
static struct mmsghdr *put;
static int children;
typedef union {
  char bytes[CMSG_SPACE(sizeof(int))];
  struct cmsghdr align;
} control;
static control cut, joined[BATCH];

/* Sends out[0..count) to every child, cut into `size` where it is longer than that. */
static void send_all(int s, int count, unsigned total, uint16_t size) {
  struct cmsghdr *segment = &cut.align;
  segment->cmsg_level = SOL_UDP;
  segment->cmsg_type = UDP_SEGMENT;
  segment->cmsg_len = CMSG_LEN(sizeof size);
  memcpy(CMSG_DATA(segment), &size, sizeof size);
  for (int i = 0; i < children; i++) {
    struct msghdr *head = &put[i].msg_hdr;
    head->msg_iov = out;
    head->msg_iovlen = count;
    head->msg_control = total > size ? cut.bytes : NULL;
    head->msg_controllen = total > size ? CMSG_SPACE(sizeof size) : 0;
  }
  for (int at = 0; at < children;) {
    int left = children - at;
    int done = sendmmsg(s, put + at, left > CALL_MAX ? CALL_MAX : left, 0);
    at += done > 0 ? done : 1;
  }
}

/* Length of each datagram that message `at` is joined of. */
static unsigned size_of(int at) {
  struct msghdr *head = &got[at].msg_hdr;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c != NULL; c = CMSG_NXTHDR(head, c)) {
    if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO) continue;
    int size;
    memcpy(&size, CMSG_DATA(c), sizeof size);
    return size;
  }
  return got[at].msg_len;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  children = atoi(argv[3]);
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  int size = 4 << 20, yes = 1;
  setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(s, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  setsockopt(s, SOL_UDP, UDP_GRO, &yes, sizeof yes);
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(s, (struct sockaddr *)&own, sizeof own) != 0) {
    perror("Cannot bind");
    return 1;
  }
  struct sockaddr_in *to = calloc(children, sizeof *to);
  put = calloc(children, sizeof *put);
  for (int i = 0; i < children; i++) {
    to[i].sin_family = AF_INET;
    to[i].sin_port = htons(atoi(argv[4]));
    to[i].sin_addr.s_addr = htonl(ntohl(inet_addr(argv[2])) + i);
    put[i].msg_hdr.msg_name = &to[i];
    put[i].msg_hdr.msg_namelen = sizeof to[i];
  }
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      in[i] = (struct iovec){bytes[i], BYTES};
      got[i].msg_hdr = (struct msghdr){.msg_iov = &in[i], .msg_iovlen = 1};
      got[i].msg_hdr.msg_control = joined[i].bytes;
      got[i].msg_hdr.msg_controllen = sizeof joined[i].bytes;
    }
    int messages = recvmmsg(s, got, BATCH, MSG_WAITFORONE, NULL);
    /* What is cut alike goes out as one; only the last part may be shorter. */
    for (int at = 0; at < messages;) {
      unsigned length = size_of(at), total = 0;
      int count = 0;
      while (at < messages && size_of(at) <= length && (length == 0 || total % length == 0)) {
        unsigned more = got[at].msg_len;
        if (count > 0 && (size_of(at) < length && more > size_of(at))) break;
        if (count > 0 && (total + more > DATAGRAM_MAX || total + more > SEGMENTS_MAX * length)) break;
        out[count++] = (struct iovec){bytes[at++], more};
        total += more;
        if (length == 0) break;
      }
      send_all(s, count, total, length);
    }
  }
}
