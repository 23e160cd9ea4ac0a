// Asks for an address by ARP, one question at a time, and prints the time until each answer in microseconds, a line each.
//
//   prober <interface> <address> <count> <pause in microseconds>
//
// A question without an answer within a second is printed as `lost`.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ARP_FRAME_BYTES = 42, SENDER_AT = 28, TARGET_AT = 38, PATIENCE_MS = 1000 };

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int open_socket(const char *name, uint8_t *mac) {
  struct ifreq request = {0};
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) die("socket");
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &request) < 0) die(name);
  memcpy(mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
  // ARP replies only.
  struct sock_filter program[] = {{0x28, 0, 0, 20}, {0x15, 0, 1, 2}, {0x06, 0, 0, 256}, {0x06, 0, 0, 0}};
  struct sock_fprog filter = {.len = 4, .filter = program};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0) die("SO_ATTACH_FILTER");
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = (int)if_nametoindex(name)};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
  return fd;
}

// The nanoseconds until the answer for `target`, or -1.
static int64_t ask(int fd, const uint8_t *request, const struct in_addr *target) {
  uint8_t reply[256];
  while (recv(fd, reply, sizeof reply, MSG_DONTWAIT) > 0) {}
  int64_t asked = now_ns();
  if (send(fd, request, ARP_FRAME_BYTES, 0) < 0) die("send");
  for (;;) {
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    int64_t left_ms = PATIENCE_MS - (now_ns() - asked) / 1000000;
    if (left_ms <= 0 || poll(&readable, 1, (int)left_ms) <= 0) return -1;
    if (recv(fd, reply, sizeof reply, 0) >= ARP_FRAME_BYTES && memcmp(reply + SENDER_AT, target, sizeof *target) == 0)
      return now_ns() - asked;
  }
}

int main(int count, char **words) {
  struct in_addr target;
  if (count != 5 || inet_pton(AF_INET, words[2], &target) != 1) {
    fprintf(stderr, "usage: prober <interface> <address> <count> <pause in microseconds>\n");
    return 2;
  }
  uint8_t mac[ETH_ALEN];
  int fd = open_socket(words[1], mac);
  uint8_t request[ARP_FRAME_BYTES] = {
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0x08, 0x06,  // broadcast, from us, ARP
      0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x01,                         // Ethernet, IPv4, lengths, request
  };
  memcpy(request + ETH_ALEN, mac, ETH_ALEN);
  memcpy(request + 22, mac, ETH_ALEN);
  memcpy(request + TARGET_AT, &target, sizeof target);
  for (long left = strtol(words[3], NULL, 10), pause = strtol(words[4], NULL, 10); left > 0; left--) {
    int64_t took = ask(fd, request, &target);
    if (took < 0) printf("lost\n");
    else printf("%.3f\n", (double)took / 1000);
    if (pause > 0) usleep((useconds_t)pause);
  }
  return 0;
}
