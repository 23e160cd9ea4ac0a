// with-net-raw <program> [argument...]: runs the program with the capability NET_RAW, where this one was allowed it.
//
// Kubernetes gives an added capability to a Pod's process, but a process that is not root loses it when it starts its program, unless that
// program's file permits it. This file does, so that Node's own need not: Node would be the same file for everybody, and would distrust its
// environment. What is permitted here becomes ambient, which is what survives the next start. It works with allowPrivilegeEscalation: false,
// because nothing is gained that the container was not given.
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NET_RAW (1u << CAP_NET_RAW)

// 0 as well where the container was not given NET_RAW: the program is the one to say what it lacks.
static int make_net_raw_ambient(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  if ((data[0].permitted & NET_RAW) == 0) return 0;
  data[0].inheritable |= NET_RAW;
  if (syscall(SYS_capset, &header, data) != 0) return -1;
  return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0);
}

int main(int count, char **words) {
  if (count < 2) {
    fputs("usage: with-net-raw <program> [argument...]\n", stderr);
    return 2;
  }
  if (make_net_raw_ambient() != 0) fprintf(stderr, "with-net-raw: %s\n", strerror(errno));
  execv(words[1], words + 1);
  fprintf(stderr, "with-net-raw: %s: %s\n", words[1], strerror(errno));
  return 127;
}
