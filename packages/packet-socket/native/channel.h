// What the two C files share: reading arguments, throwing, and the channel, a socket that libuv polls.
//
// A channel is a descriptor, libuv's poll handle on it, and a slab of memory owned by JavaScript. The slab begins with one
// int32 per slot (the real length of what was received, which may exceed the slot), then one more per slot (for how many
// microseconds it had waited; 0 where that is not known); the slots follow.
#ifndef PICLUSTER_CHANNEL_H
#define PICLUSTER_CHANNEL_H
#define NAPI_VERSION 8
#include "arp-answer.h"

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct uv_poll_s uv_poll_t;
typedef struct uv_timer_s uv_timer_t;

typedef struct {
  napi_env env;
  int fd;               // -1 as soon as it is closed
  int interface_index;  // 0 for netlink
  int owners;           // the JavaScript handle and those of libuv: freed when both have let go
  int handles;          // how many libuv has
  uv_poll_t *poll;
  uv_timer_t *held;  // until when nothing is passed on; made with the first hold
  napi_ref callback, slab;
  napi_ref answers;        // the table to answer from, or NULL
  uint8_t mac[MAC_BYTES];  // the hardware address to answer with
  napi_async_cleanup_hook_handle exit_hook;
  size_t slots, slot_bytes;
  double wakeups, frames;
  bool dated;        // the kernel notes when frames come
  double offset_ms;  // by how much the wall clock was ahead when nothing waited; see wait_of
} channel;

// Throws an Error with `errno` (negative, as Node has it) and `syscall`: the world failed.
napi_value throw_errno(napi_env env, const char *syscall, int number);
// Throws a TypeError: the caller is wrong.
napi_value throw_argument(napi_env env, const char *message);
napi_value to_int(napi_env env, int64_t number);
// Whether `value` is a Uint8Array; then where it is and how long.
int get_bytes(napi_env env, napi_value value, uint8_t **bytes, size_t *length);
// Reads the arguments; the first is the channel where `self` is given. False: a TypeError is on its way.
int get_arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *arguments, channel **self);
// Makes the handle for a bound descriptor, which belongs to it from here on: closed in every case of failure.
// `slots_slab_callback` are the three last arguments of the JavaScript call.
napi_value make_channel(napi_env env, int fd, int interface_index, napi_value *slots_slab_callback);
// From here on ARP requests are answered from the table in `memory` (a Uint8Array) with `mac`; without `mac` they are not.
void answer_from(channel *self, const uint8_t *mac, napi_value memory);
// From here on the kernel notes when frames come. 0 or a negative errno.
int date_frames(channel *self);
// Passes nothing on for so long, then all that waits. 0 or a negative errno.
int hold(channel *self, uint32_t ms);
// Passes on all that waits, as a wake-up would. Whether nothing waits any more.
int read_all(channel *self);
// Milliseconds since the machine was started, its sleep included.
double now_ms(void);
// Stops delivery and closes the descriptor at once. A second call does nothing.
void close_channel(channel *self);
// Whether the libuv in this process numbers its handles as the addon believes.
int libuv_is_known(void);

#endif
