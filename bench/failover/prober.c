/*
 * Asks for addresses on a LAN in turn, by ARP and by Neighbor Solicitation, and prints what is heard of each, whoever it
 * comes from. Unlike the lab's asker it asks for many addresses at once, takes the kernel's time of each frame, and keeps
 * all frames as evidence.
 *
 *   prober <interface> <interval us> <limit ms> <file for the capture, or -> <address>...
 *     Every address is asked for once in an interval. Prints `ready`, then a line each; times are microseconds of
 *     CLOCK_MONOTONIC, <i> is the address's place on the command line, counted from 0:
 *       S <time> <i>         a question was sent
 *       R <time> <i> <mac>   an answer to us: ARP reply, or solicited Neighbor Advertisement
 *       A <time> <i> <mac>   an announcement to all: gratuitous ARP, or unsolicited Neighbor Advertisement
 *       L <time> <late>      a process like any other that wanted to run every 5 ms had to wait so many microseconds for a CPU
 *     The capture is a pcap file with the same times and at most the first 256 bytes of each frame.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAC = 6, ETHER = 14, ARP_LENGTH = 28, IPV6 = 40, NS_LENGTH = 32, NA_SHORTEST = 24, SNAP = 256, TICK_US = 5000, LATE_US = 5000, RECEIVE_BYTES = 8 << 20 };

struct target {
  int six;
  uint8_t address[16];
  uint8_t question[ETHER + IPV6 + NS_LENGTH];
  size_t size;
};

static uint8_t own_mac[MAC], own4[4], own6[16];
static volatile sig_atomic_t over;

static void end(int signal_number) {
  (void)signal_number;
  over = 1;
}

static void die(const char *what) {
  fprintf(stderr, "prober: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t clock_us(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int open_link(const char *name) {
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), yes = 1, bytes = RECEIVE_BYTES;
  if (fd < 0) die("socket");
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &request) < 0) die(name);
  memcpy(own_mac, request.ifr_hwaddr.sa_data, MAC);
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) < 0) die("SO_TIMESTAMPNS");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes); /* a busy machine runs us late */
  struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name)};
  if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0) die("bind");
  return fd;
}

static void own_addresses(const char *name) {
  struct ifaddrs *all, *each;
  if (getifaddrs(&all) < 0) die("getifaddrs");
  for (each = all; each; each = each->ifa_next) {
    if (!each->ifa_addr || strcmp(each->ifa_name, name)) continue;
    if (each->ifa_addr->sa_family == AF_INET) memcpy(own4, &((struct sockaddr_in *)each->ifa_addr)->sin_addr, 4);
    if (each->ifa_addr->sa_family != AF_INET6) continue;
    const uint8_t *six = (const uint8_t *)&((struct sockaddr_in6 *)each->ifa_addr)->sin6_addr;
    if (six[0] != 0xfe) memcpy(own6, six, 16); /* not the link-local one */
  }
  freeifaddrs(all);
}

static size_t arp_request(const uint8_t *target, uint8_t *frame) {
  static const uint8_t fixed[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1}; /* type ARP; Ethernet, IPv4, lengths, request */
  memset(frame, 0, ETHER + ARP_LENGTH);
  memset(frame, 0xff, MAC);
  memcpy(frame + MAC, own_mac, MAC);
  memcpy(frame + 12, fixed, sizeof fixed);
  memcpy(frame + 22, own_mac, MAC);
  memcpy(frame + 28, own4, 4);
  memcpy(frame + 38, target, 4);
  return ETHER + ARP_LENGTH;
}

static uint16_t icmpv6_checksum(const uint8_t *ip, const uint8_t *icmp, size_t length) {
  uint32_t sum = (uint32_t)length + IPPROTO_ICMPV6;
  for (size_t i = 8; i < IPV6; i += 2) sum += (uint32_t)(ip[i] << 8 | ip[i + 1]); /* both addresses */
  for (size_t i = 0; i < length; i += 2) sum += (uint32_t)(icmp[i] << 8 | icmp[i + 1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static size_t solicitation(const uint8_t *target, uint8_t *frame) {
  const uint8_t group[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, target[13], target[14], target[15]};
  uint8_t *ip = frame + ETHER, *icmp = ip + IPV6;
  memset(frame, 0, ETHER + IPV6 + NS_LENGTH);
  frame[0] = frame[1] = 0x33;
  memcpy(frame + 2, group + 12, 4);
  memcpy(frame + MAC, own_mac, MAC);
  frame[12] = 0x86;
  frame[13] = 0xdd;
  ip[0] = 0x60;
  ip[5] = NS_LENGTH;
  ip[6] = IPPROTO_ICMPV6;
  ip[7] = 255;
  memcpy(ip + 8, own6, 16);
  memcpy(ip + 24, group, 16);
  icmp[0] = 135;
  memcpy(icmp + 8, target, 16);
  icmp[24] = 1; /* source link-layer address, one unit of 8 bytes */
  icmp[25] = 1;
  memcpy(icmp + 26, own_mac, MAC);
  uint16_t sum = icmpv6_checksum(ip, icmp, NS_LENGTH);
  icmp[2] = (uint8_t)(sum >> 8);
  icmp[3] = (uint8_t)sum;
  return ETHER + IPV6 + NS_LENGTH;
}

static struct target *targets_of(int count, char **words) {
  struct target *all = calloc((size_t)count, sizeof *all);
  if (!all) die("calloc");
  for (int i = 0; i < count; i++) {
    all[i].six = strchr(words[i], ':') != NULL;
    errno = EINVAL;
    if (inet_pton(all[i].six ? AF_INET6 : AF_INET, words[i], all[i].address) != 1) die(words[i]);
    all[i].size = (all[i].six ? solicitation : arp_request)(all[i].address, all[i].question);
  }
  return all;
}

/* 'R' an answer, 'A' an announcement, 0 neither. Sets what it is about, and the MAC that it gives. */
static char heard(const uint8_t *frame, size_t length, const uint8_t **about, const uint8_t **mac, int *six) {
  if (length >= ETHER + ARP_LENGTH && frame[12] == 8 && frame[13] == 6) {
    *six = 0;
    *about = frame + 28;
    *mac = frame + 22;
    if (frame[21] == 2 && !memcmp(frame, own_mac, MAC)) return 'R';
    return frame[21] == 2 || !memcmp(frame + 28, frame + 38, 4) ? 'A' : 0;
  }
  const uint8_t *ip = frame + ETHER, *icmp = ip + IPV6;
  if (length < ETHER + IPV6 + NA_SHORTEST || frame[12] != 0x86 || frame[13] != 0xdd) return 0;
  if (ip[6] != IPPROTO_ICMPV6 || ip[7] != 255 || icmp[0] != 136) return 0;
  *six = 1;
  *about = icmp + 8;
  *mac = length >= ETHER + IPV6 + NS_LENGTH && icmp[24] == 2 ? icmp + 26 : frame + MAC;
  return icmp[4] & 0x40 ? 'R' : 'A'; /* the S flag */
}

static void print_heard(const struct target *all, int count, const uint8_t *frame, size_t length, int64_t at) {
  const uint8_t *about, *m;
  int six;
  char kind = heard(frame, length, &about, &m, &six);
  for (int i = 0; kind && i < count; i++) {
    if (all[i].six != six || memcmp(all[i].address, about, six ? 16 : 4)) continue;
    printf("%c %lld %d %02x:%02x:%02x:%02x:%02x:%02x\n", kind, (long long)at, i, m[0], m[1], m[2], m[3], m[4], m[5]);
    return;
  }
}

static FILE *open_capture(const char *path) {
  if (!strcmp(path, "-")) return NULL;
  FILE *file = fopen(path, "w");
  if (!file) die(path);
  const uint32_t head[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, SNAP, 1 /* Ethernet */};
  fwrite(head, sizeof head, 1, file);
  return file;
}

static void keep(FILE *file, const uint8_t *frame, size_t length, int64_t at) {
  if (!file) return;
  const uint32_t kept = length < SNAP ? (uint32_t)length : SNAP;
  const uint32_t record[] = {(uint32_t)(at / 1000000), (uint32_t)(at % 1000000), kept, (uint32_t)length};
  fwrite(record, sizeof record, 1, file);
  fwrite(frame, kept, 1, file);
}

/* Microseconds of CLOCK_MONOTONIC at which the kernel got the frame. */
static int64_t arrival(struct msghdr *message) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec t;
    memcpy(&t, CMSG_DATA(c), sizeof t);
    int64_t ago = clock_us(CLOCK_REALTIME) - ((int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    return clock_us(CLOCK_MONOTONIC) - ago;
  }
  return clock_us(CLOCK_MONOTONIC);
}

/* Reads all frames that wait. */
static void listen_now(int fd, const struct target *all, int count, FILE *capture) {
  uint8_t frame[2048], control[256];
  for (;;) {
    struct iovec data = {frame, sizeof frame};
    struct sockaddr_ll from;
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &data, .msg_iovlen = 1,
                             .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
    if (length < 0) return; /* none left, or ENETDOWN while the link is down */
    int64_t at = arrival(&message);
    keep(capture, frame, (size_t)length, at);
    if (from.sll_pkttype != PACKET_OUTGOING) print_heard(all, count, frame, (size_t)length, at);
  }
}

/* Tells how long the machine lets ordinary processes wait, until its parent is gone. */
static void watch_machine(void) {
  const pid_t parent = getppid();
  while (getppid() == parent) {
    const int64_t due = clock_us(CLOCK_MONOTONIC) + TICK_US;
    usleep(TICK_US);
    const int64_t now = clock_us(CLOCK_MONOTONIC);
    if (now - due < LATE_US) continue;
    printf("L %lld %lld\n", (long long)now, (long long)(now - due));
    fflush(stdout);
  }
  _exit(0);
}

int main(int argc, char **argv) {
  if (argc < 6) {
    fputs("usage: prober <interface> <interval us> <limit ms> <file for the capture, or -> <address>...\n", stderr);
    return 2;
  }
  int fd = open_link(argv[1]), count = argc - 5, turn = 0;
  own_addresses(argv[1]);
  struct target *all = targets_of(count, argv + 5);
  FILE *capture = open_capture(argv[4]);
  const pid_t watcher = fork();
  if (watcher < 0) die("fork");
  if (watcher == 0) watch_machine();
  signal(SIGTERM, end);
  /* Ahead of everything else on the machine: what is measured is the others' silence. Not allowed everywhere. */
  sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 10});
  puts("ready");
  const int64_t pause = atoll(argv[2]) / count, limit = clock_us(CLOCK_MONOTONIC) + atoll(argv[3]) * 1000;
  int64_t next = clock_us(CLOCK_MONOTONIC);
  while (!over && clock_us(CLOCK_MONOTONIC) < limit) {
    int64_t now = clock_us(CLOCK_MONOTONIC);
    if (now >= next) {
      printf("S %lld %d\n", (long long)now, turn);
      if (send(fd, all[turn].question, all[turn].size, 0) < 0 && errno != ENETDOWN && errno != ENOBUFS) die("send");
      turn = (turn + 1) % count;
      next = next + pause < now ? now + pause : next + pause; /* we were not run for a while: no burst */
    }
    fflush(stdout);
    int64_t left = next - clock_us(CLOCK_MONOTONIC);
    struct timespec wait = {.tv_sec = 0, .tv_nsec = left > 0 ? left * 1000 : 0};
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    if (ppoll(&readable, 1, &wait, NULL) > 0) listen_now(fd, all, count, capture);
  }
  listen_now(fd, all, count, capture);
  fflush(stdout);
  if (capture) fclose(capture);
  kill(watcher, SIGKILL);
  waitpid(watcher, NULL, 0);
  return 0;
}
