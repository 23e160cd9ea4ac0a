// Linux sockets for Node: AF_PACKET, one per interface and EtherType, and AF_NETLINK, which tells that an interface changed;
// plain-socket.c has TCP and UDP, process-memory.c what a process can spare. Only what JavaScript cannot do, or not quickly enough, is here; frames, filters and decisions are TypeScript.
#define _GNU_SOURCE
#include "channel.h"
#include "plain-socket.h"
#include "process-memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ETHERNET_HEADER_BYTES = 14, ETHERTYPE_AT = 12 };

int attach_filter(int fd, uint8_t *program, size_t length) {
  struct sock_fprog filter = {.len = length / sizeof(struct sock_filter), .filter = (struct sock_filter *)program};
  if (length == 0 || length % sizeof(struct sock_filter) != 0 || length / sizeof(struct sock_filter) > BPF_MAXINSNS) {
    errno = EINVAL;
    return -1;
  }
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

// openPacket(interfaceIndex, etherType, filter, slots, slab, callback) -> handle
static napi_value open_packet(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  int32_t interface_index;
  uint32_t ether_type;
  uint8_t *program;
  size_t length;
  if (!get_arguments(env, info, 6, arguments, NULL)) return NULL;
  if (napi_get_value_int32(env, arguments[0], &interface_index) != napi_ok || interface_index <= 0 ||
      napi_get_value_uint32(env, arguments[1], &ether_type) != napi_ok || ether_type > UINT16_MAX ||
      !get_bytes(env, arguments[2], &program, &length))
    return throw_argument(env, "interfaceIndex, etherType, filter: two numbers and a Uint8Array");
  // Protocol 0 hears nothing, so no frame can come in between here, the filter and the bind.
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return throw_errno(env, "socket", errno);
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)ether_type), .sll_ifindex = interface_index};
  const char *failed = attach_filter(fd, program, length) < 0                                ? "setsockopt"
                       : bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? "bind"
                                                                                    : NULL;
  if (failed != NULL) {
    int number = errno;
    close(fd);
    return throw_errno(env, failed, number);
  }
  return make_channel(env, fd, interface_index, arguments + 3);
}

// openLinkEvents(slots, slab, callback) -> handle; every change of an interface is one netlink message, and after the last
// one that is there the callback gets a 0.
static napi_value open_link_events(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  if (!get_arguments(env, info, 3, arguments, NULL)) return NULL;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return throw_errno(env, "socket", errno);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    int number = errno;
    close(fd);
    return throw_errno(env, "bind", number);
  }
  return make_channel(env, fd, 0, arguments);
}

// setFilter(handle, filter) -> 0 or a negative errno. The kernel swaps programs in one step.
static napi_value set_filter(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  channel *self;
  uint8_t *program;
  size_t length;
  if (!get_arguments(env, info, 2, arguments, &self)) return NULL;
  if (!get_bytes(env, arguments[1], &program, &length)) return throw_argument(env, "filter: not a Uint8Array");
  return to_int(env, attach_filter(self->fd, program, length) < 0 ? -errno : 0);
}

// setPromiscuous(handle) -> 0 or a negative errno; ends with the socket.
static napi_value set_promiscuous(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  channel *self;
  if (!get_arguments(env, info, 1, arguments, &self)) return NULL;
  struct packet_mreq wanted = {.mr_ifindex = self->interface_index, .mr_type = PACKET_MR_PROMISC};
  int result = setsockopt(self->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &wanted, sizeof wanted);
  return to_int(env, result < 0 ? -errno : 0);
}

// dateFrames(handle) -> 0 or a negative errno
static napi_value date_all(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  channel *self;
  return get_arguments(env, info, 1, arguments, &self) ? to_int(env, date_frames(self)) : NULL;
}

// nowMs() -> number
static napi_value read_clock(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value value = NULL;
  napi_create_double(env, now_ms(), &value);
  return value;
}

// send(handle, frame, notAfterMs) -> bytes sent or a negative errno; -ETIME once that moment of nowMs() has come
static napi_value send_frame(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  channel *self;
  uint8_t *frame;
  size_t length;
  double not_after_ms;
  if (!get_arguments(env, info, 3, arguments, &self)) return NULL;
  if (!get_bytes(env, arguments[1], &frame, &length) || length < ETHERNET_HEADER_BYTES)
    return throw_argument(env, "frame: not a Uint8Array with an Ethernet header");
  if (napi_get_value_double(env, arguments[2], &not_after_ms) != napi_ok || isnan(not_after_ms))
    return throw_argument(env, "notAfterMs: not a number");
  // The frame's own EtherType goes along, so that one socket can send every kind and the kernel's queues see it right.
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = self->interface_index};
  memcpy(&to.sll_protocol, frame + ETHERTYPE_AT, sizeof to.sll_protocol);
  // The very last question: a process that was frozen anywhere before this line is silent in time.
  if (now_ms() >= not_after_ms) return to_int(env, -ETIME);
  ssize_t sent = sendto(self->fd, frame, length, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to);
  return to_int(env, sent < 0 ? -errno : sent);
}

// readAll(handle) -> 1 where nothing waits any more, or 0; the callback gets all that waits before this returns
static napi_value read_all_now(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  channel *self;
  return get_arguments(env, info, 1, arguments, &self) ? to_int(env, read_all(self)) : NULL;
}

// hold(handle, ms) -> 0 or a negative errno; the callback gets nothing for so long, then all that waits
static napi_value hold_back(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  channel *self;
  uint32_t ms;
  if (!get_arguments(env, info, 2, arguments, &self)) return NULL;
  if (napi_get_value_uint32(env, arguments[1], &ms) != napi_ok) return throw_argument(env, "ms: not a number");
  return to_int(env, hold(self, ms));
}

// answerFrom(handle, mac or undefined, table or undefined); the table is read at each wake-up
static napi_value set_answers(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  channel *self;
  napi_valuetype type;
  uint8_t *mac = NULL, *memory;
  size_t mac_length, length;
  answer_table table;
  if (!get_arguments(env, info, 3, arguments, &self)) return NULL;
  if (napi_typeof(env, arguments[1], &type) != napi_ok) return throw_argument(env, "mac: unreadable");
  if (type != napi_undefined &&
      (!get_bytes(env, arguments[1], &mac, &mac_length) || mac_length != MAC_BYTES ||
       !get_bytes(env, arguments[2], &memory, &length) || !read_answer_table(memory, length, &table)))
    return throw_argument(env, "mac, table: a Uint8Array of 6, an aligned Uint8Array of 12 bytes an address");
  if (self->fd >= 0) answer_from(self, mac, arguments[2]);
  return NULL;
}

// stats(handle, Float64Array(4)) -> 0 or a negative errno; packets and drops are those since the last call.
static napi_value read_stats(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  channel *self;
  napi_typedarray_type type;
  size_t length;
  double *out;
  if (!get_arguments(env, info, 2, arguments, &self)) return NULL;
  if (napi_get_typedarray_info(env, arguments[1], &type, &length, (void **)&out, NULL, NULL) != napi_ok ||
      type != napi_float64_array || length < 4)
    return throw_argument(env, "out: not a Float64Array of 4");
  struct tpacket_stats stats = {0};
  socklen_t size = sizeof stats;
  if (getsockopt(self->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) < 0) return to_int(env, -errno);
  out[0] = self->wakeups, out[1] = self->frames, out[2] = stats.tp_packets, out[3] = stats.tp_drops;
  return to_int(env, 0);
}

// close(handle); a second call does nothing
static napi_value close_handle(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  channel *self;
  if (get_arguments(env, info, 1, arguments, &self)) close_channel(self);
  return NULL;
}

// queryInterface(handle or undefined, name, Int32Array(9)) -> 0 or a negative errno; fills index, flags, hardware type and
// 6 bytes of address. Asked through the handle's descriptor it needs no new one, so it works when there are none left.
static napi_value query_interface(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  napi_valuetype handle_type;
  napi_typedarray_type type;
  size_t length, name_length;
  int32_t *out;
  channel *self = NULL;
  struct ifreq index = {0};
  if (!get_arguments(env, info, 3, arguments, NULL)) return NULL;
  if (napi_typeof(env, arguments[0], &handle_type) != napi_ok) return throw_argument(env, "handle: unreadable");
  if (handle_type != napi_undefined && !get_arguments(env, info, 3, arguments, &self)) return NULL;
  if (napi_get_value_string_utf8(env, arguments[1], NULL, 0, &name_length) != napi_ok || name_length >= IFNAMSIZ ||
      napi_get_value_string_utf8(env, arguments[1], index.ifr_name, IFNAMSIZ, NULL) != napi_ok ||
      napi_get_typedarray_info(env, arguments[2], &type, &length, (void **)&out, NULL, NULL) != napi_ok ||
      type != napi_int32_array || length < 3 + MAC_BYTES)
    return throw_argument(env, "name, out: a string of at most 15 bytes and an Int32Array of 9");
  struct ifreq flags = index, address = index;
  int fd = self != NULL ? self->fd : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return to_int(env, self != NULL ? -EBADF : -errno);
  int failure = ioctl(fd, SIOCGIFINDEX, &index) < 0 || ioctl(fd, SIOCGIFFLAGS, &flags) < 0 ||
                        ioctl(fd, SIOCGIFHWADDR, &address) < 0
                    ? -errno
                    : 0;
  if (self == NULL) close(fd);
  if (failure != 0) return to_int(env, failure);
  out[0] = index.ifr_ifindex, out[1] = (uint16_t)flags.ifr_flags, out[2] = address.ifr_hwaddr.sa_family;
  for (int at = 0; at < MAC_BYTES; at++) out[3 + at] = (uint8_t)address.ifr_hwaddr.sa_data[at];
  return to_int(env, 0);
}

static const addon_function PACKET_SOCKET_FUNCTIONS[] = {
    {"openPacket", open_packet}, {"openLinkEvents", open_link_events}, {"setFilter", set_filter},
    {"send", send_frame},        {"stats", read_stats},                {"close", close_handle},
    {"queryInterface", query_interface}, {"nowMs", read_clock}, {"answerFrom", set_answers},
    {"setPromiscuous", set_promiscuous}, {"readAll", read_all_now}, {"hold", hold_back}, {"dateFrames", date_all},
    {"releaseMemory", release_memory}, {NULL, NULL},
};

static int export_all(napi_env env, napi_value exports, const addon_function *functions) {
  for (; functions->name != NULL; functions++) {
    napi_value function;
    if (napi_create_function(env, functions->name, NAPI_AUTO_LENGTH, functions->call, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions->name, function) != napi_ok)
      return 0;
  }
  return 1;
}

NAPI_MODULE_INIT() {
  if (!libuv_is_known()) return throw_errno(env, "uv_poll_init", ENOTSUP);
  if (!export_all(env, exports, PACKET_SOCKET_FUNCTIONS) || !export_all(env, exports, PLAIN_SOCKET_FUNCTIONS))
    return throw_errno(env, "napi_create_function", ENOMEM);
  return exports;
}
