/*
 * Fills a LAN with ARP requests for addresses that nobody has.
 *
 *   noise <interface> <frames per second> <limit ms>
 *     Ends after the limit or at SIGTERM, and prints how many frames it sent in how many seconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAC = 6, FRAME = 42, TICKS_PER_SECOND = 1000, BATCH_MAX = 1024 };

static volatile sig_atomic_t over;

static void end(int signal_number) {
  (void)signal_number;
  over = 1;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fputs("usage: noise <interface> <frames per second> <limit ms>\n", stderr);
    return 2;
  }
  const double rate = atof(argv[2]), seconds = atof(argv[3]) / 1000;
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) die("socket");
  struct ifreq request = {0};
  strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &request) < 0) die(argv[1]);
  struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1])};
  if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0) die("bind");
  uint8_t frame[FRAME] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 8, 6, 0, 1, 8, 0, MAC, 4, 0, 1};
  memcpy(frame + MAC, request.ifr_hwaddr.sa_data, MAC);
  memcpy(frame + 22, request.ifr_hwaddr.sa_data, MAC);
  frame[38] = 198; /* 198.18.0.0/15 is for such tests */
  signal(SIGTERM, end);
  const double start = now();
  uint64_t sent = 0;
  while (!over && now() - start < seconds) {
    const uint64_t due = (uint64_t)((now() - start) * rate);
    for (int batch = 0; sent < due && batch < BATCH_MAX; batch++, sent++) {
      frame[39] = 18;
      frame[40] = (uint8_t)(sent >> 8);
      frame[41] = (uint8_t)sent;
      if (send(fd, frame, FRAME, 0) < 0 && errno != ENOBUFS) die("send");
    }
    usleep(1000000 / TICKS_PER_SECOND);
  }
  printf("%llu %.3f\n", (unsigned long long)sent, now() - start);
  return 0;
}
