/*
 * Asks for an address on the LAN and prints what is heard, or prints every frame of an interface. The lab's ears: they
 * do not use the kernel's neighbour table, so they hear every answerer and not only the first.
 *
 *   asker ask <interface> <address> <interval us> <limit ms> [first]
 *     Sends an ARP request (IPv4) or a Neighbor Solicitation (IPv6) every interval. One line each, times in
 *     microseconds of CLOCK_MONOTONIC:
 *       S <time>         a question was sent
 *       R <time> <mac>   an answer to us: ARP reply, or solicited Neighbor Advertisement
 *       A <time> <mac>   an announcement to all: gratuitous ARP, or unsolicited Neighbor Advertisement
 *     Ends after the limit; with "first", at the first R.
 *
 *   asker capture <interface> <limit ms>
 *     F <time> <hex>     a frame, at most its first 256 bytes
 */
#define _GNU_SOURCE /* ppoll */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
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

enum { MAC = 6, ETHER = 14, ARP_LENGTH = 28, IPV6 = 40, SNAP = 256, NS_LENGTH = 32, NA_SHORTEST = 24 };

struct question {
  int six;                  /* 1: Neighbor Solicitation */
  uint8_t target[16];
  uint8_t source[16];       /* our own address of the same family */
  uint8_t mac[MAC];
};

static void die(const char *what) {
  fprintf(stderr, "asker: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int open_link(const char *name, int protocol, uint8_t mac[MAC]) {
  int fd = socket(AF_PACKET, SOCK_RAW, htons(protocol));
  if (fd < 0) die("socket");
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &request) < 0) die(name);
  memcpy(mac, request.ifr_hwaddr.sa_data, MAC);
  struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = (int)if_nametoindex(name)};
  if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0) die("bind");
  return fd;
}

/* Our own address on the interface: the source of what we ask. */
static void own_address(const char *name, struct question *q) {
  struct ifaddrs *all, *each;
  if (getifaddrs(&all) < 0) die("getifaddrs");
  int family = q->six ? AF_INET6 : AF_INET;
  for (each = all; each; each = each->ifa_next) {
    if (!each->ifa_addr || each->ifa_addr->sa_family != family || strcmp(each->ifa_name, name)) continue;
    if (q->six) memcpy(q->source, &((struct sockaddr_in6 *)each->ifa_addr)->sin6_addr, 16);
    else memcpy(q->source, &((struct sockaddr_in *)each->ifa_addr)->sin_addr, 4);
    freeifaddrs(all);
    return;
  }
  errno = EADDRNOTAVAIL;
  die(name);
}

static size_t arp_request(const struct question *q, uint8_t *frame) {
  static const uint8_t fixed[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1}; /* type ARP; Ethernet, IPv4, lengths, request */
  memset(frame, 0xff, MAC);
  memcpy(frame + MAC, q->mac, MAC);
  memcpy(frame + 12, fixed, sizeof fixed);
  memcpy(frame + 22, q->mac, MAC);
  memcpy(frame + 28, q->source, 4);
  memset(frame + 32, 0, MAC);
  memcpy(frame + 38, q->target, 4);
  return ETHER + ARP_LENGTH;
}

static uint16_t icmpv6_checksum(const uint8_t *ip, const uint8_t *icmp, size_t length) {
  uint32_t sum = (uint32_t)length + IPPROTO_ICMPV6;
  for (size_t i = 8; i < IPV6; i += 2) sum += (uint32_t)(ip[i] << 8 | ip[i + 1]); /* both addresses */
  for (size_t i = 0; i < length; i += 2) sum += (uint32_t)(icmp[i] << 8 | icmp[i + 1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static size_t solicitation(const struct question *q, uint8_t *frame) {
  uint8_t group[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, q->target[13], q->target[14], q->target[15]};
  uint8_t *ip = frame + ETHER, *icmp = ip + IPV6;
  memset(frame, 0, ETHER + IPV6 + NS_LENGTH);
  frame[0] = frame[1] = 0x33;
  memcpy(frame + 2, group + 12, 4);
  memcpy(frame + MAC, q->mac, MAC);
  frame[12] = 0x86;
  frame[13] = 0xdd;
  ip[0] = 0x60;
  ip[5] = NS_LENGTH;
  ip[6] = IPPROTO_ICMPV6;
  ip[7] = 255;
  memcpy(ip + 8, q->source, 16);
  memcpy(ip + 24, group, 16);
  icmp[0] = 135;
  memcpy(icmp + 8, q->target, 16);
  icmp[24] = 1; /* source link-layer address, one unit of 8 bytes */
  icmp[25] = 1;
  memcpy(icmp + 26, q->mac, MAC);
  uint16_t sum = icmpv6_checksum(ip, icmp, NS_LENGTH);
  icmp[2] = (uint8_t)(sum >> 8);
  icmp[3] = (uint8_t)sum;
  return ETHER + IPV6 + NS_LENGTH;
}

/* 'R' an answer, 'A' an announcement, 0 neither. Sets the MAC that it gives. */
static char heard_arp(const struct question *q, const uint8_t *frame, ssize_t length, const uint8_t **mac) {
  if (length < ETHER + ARP_LENGTH || memcmp(frame + 28, q->target, 4) || !memcmp(frame + MAC, q->mac, MAC)) return 0;
  *mac = frame + 22;
  int to_us = !memcmp(frame, q->mac, MAC);
  if (frame[21] == 2 && to_us) return 'R';
  int gratuitous = !memcmp(frame + 38, q->target, 4);
  return gratuitous || frame[21] == 2 ? 'A' : 0;
}

static char heard_ndp(const struct question *q, const uint8_t *frame, ssize_t length, const uint8_t **mac) {
  const uint8_t *ip = frame + ETHER, *icmp = ip + IPV6;
  if (length < ETHER + IPV6 + NA_SHORTEST || ip[6] != IPPROTO_ICMPV6 || ip[7] != 255 || icmp[0] != 136) return 0;
  if (memcmp(icmp + 8, q->target, 16) || !memcmp(frame + MAC, q->mac, MAC)) return 0;
  int has_option = length >= ETHER + IPV6 + NS_LENGTH && icmp[24] == 2;
  *mac = has_option ? icmp + 26 : frame + MAC;
  return icmp[4] & 0x40 ? 'R' : 'A'; /* the S flag */
}

static void print_mac(char kind, const uint8_t *m) {
  printf("%c %lld %02x:%02x:%02x:%02x:%02x:%02x\n", kind, (long long)now_us(), m[0], m[1], m[2], m[3], m[4], m[5]);
}

static int ask(const char *name, const char *address, int64_t interval_us, int64_t limit_ms, int only_first) {
  struct question q = {0};
  q.six = strchr(address, ':') != NULL;
  errno = EINVAL;
  if (inet_pton(q.six ? AF_INET6 : AF_INET, address, q.target) != 1) die(address);
  int fd = open_link(name, q.six ? ETH_P_IPV6 : ETH_P_ARP, q.mac);
  own_address(name, &q);
  uint8_t question[ETHER + IPV6 + NS_LENGTH], frame[2048];
  size_t size = q.six ? solicitation(&q, question) : arp_request(&q, question);
  int64_t end = now_us() + limit_ms * 1000, next = now_us();
  while (now_us() < end) {
    if (now_us() >= next) {
      printf("S %lld\n", (long long)now_us());
      if (send(fd, question, size, 0) < 0 && errno != ENETDOWN && errno != ENOBUFS) die("send");
      next += interval_us;
      if (next < now_us()) next = now_us() + interval_us; /* we were not run for a while: no burst */
    }
    fflush(stdout);
    int64_t left = next < end ? next - now_us() : end - now_us();
    struct timespec wait = {.tv_sec = left > 0 ? left / 1000000 : 0, .tv_nsec = left > 0 ? left % 1000000 * 1000 : 0};
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    if (ppoll(&readable, 1, &wait, NULL) <= 0) continue;
    ssize_t length = recv(fd, frame, sizeof frame, MSG_DONTWAIT);
    if (length < 0) continue; /* ENETDOWN while the link is down */
    const uint8_t *mac;
    char kind = q.six ? heard_ndp(&q, frame, length, &mac) : heard_arp(&q, frame, length, &mac);
    if (kind) print_mac(kind, mac);
    if (kind == 'R' && only_first) break;
  }
  fflush(stdout);
  return 0;
}

static int capture(const char *name, int64_t limit_ms) {
  uint8_t mac[MAC], frame[2048];
  int fd = open_link(name, ETH_P_ALL, mac);
  int64_t end = now_us() + limit_ms * 1000;
  puts("ready");
  fflush(stdout);
  while (now_us() < end) {
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    if (poll(&readable, 1, (int)((end - now_us()) / 1000) + 1) <= 0) continue;
    ssize_t length = recv(fd, frame, sizeof frame, MSG_DONTWAIT);
    if (length < 0) continue;
    printf("F %lld ", (long long)now_us());
    for (ssize_t i = 0; i < length && i < SNAP; i++) printf("%02x", frame[i]);
    putchar('\n');
    fflush(stdout);
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc >= 6 && !strcmp(argv[1], "ask"))
    return ask(argv[2], argv[3], atoll(argv[4]), atoll(argv[5]), argc > 6 && !strcmp(argv[6], "first"));
  if (argc == 4 && !strcmp(argv[1], "capture")) return capture(argv[2], atoll(argv[3]));
  fputs("usage: asker ask <interface> <address> <interval us> <limit ms> [first] | capture <interface> <limit ms>\n", stderr);
  return 2;
}
