// The channel: its memory, its life, and what happens when its descriptor is readable.
#define _GNU_SOURCE
#include "channel.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// libuv lives in node itself. Its header is not part of Node's API headers, so the few functions used are declared here;
// the handle's size is asked at run time and its layout never assumed.
typedef struct uv_handle_s uv_handle_t;
typedef struct uv_loop_s uv_loop_t;
enum { UV_POLL = 8, UV_TIMER = 13, UV_READABLE = 1 };
size_t uv_handle_size(int type);
const char *uv_handle_type_name(int type);
void *uv_handle_get_data(const uv_handle_t *handle);
void uv_handle_set_data(uv_handle_t *handle, void *data);
int uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd);
int uv_poll_start(uv_poll_t *poll, int events, void (*callback)(uv_poll_t *poll, int status, int events));
int uv_poll_stop(uv_poll_t *poll);
int uv_timer_init(uv_loop_t *loop, uv_timer_t *timer);
int uv_timer_start(uv_timer_t *timer, void (*callback)(uv_timer_t *timer), uint64_t ms, uint64_t repeat_ms);
void uv_close(uv_handle_t *handle, void (*callback)(uv_handle_t *handle));

// With the fewest slots, more than a socket's buffer holds: who sends without end does not keep us for ever.
enum { SLOTS_MAX = 32, SLOT_BYTES_MIN = 64, BATCHES_AT_ONCE = 16, BATCHES_MAX = 1000, HEAD_BYTES = 2 * sizeof(int32_t) };

static const napi_type_tag CHANNEL_TAG = {0x7069636c75737465, 0x7061636b65740001};

// ---- Arguments and errors

napi_value throw_errno(napi_env env, const char *syscall, int number) {
  napi_value message, error, value;
  napi_create_string_utf8(env, strerror(number), NAPI_AUTO_LENGTH, &message);
  napi_create_error(env, NULL, message, &error);
  napi_create_int32(env, -number, &value);
  napi_set_named_property(env, error, "errno", value);
  napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, error, "syscall", value);
  napi_throw(env, error);
  return NULL;
}

napi_value throw_argument(napi_env env, const char *message) {
  napi_throw_type_error(env, NULL, message);
  return NULL;
}

napi_value to_int(napi_env env, int64_t number) {
  napi_value value = NULL;
  napi_create_int64(env, number, &value);
  return value;
}

int get_bytes(napi_env env, napi_value value, uint8_t **bytes, size_t *length) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, value, &type, length, (void **)bytes, NULL, NULL) == napi_ok &&
         type == napi_uint8_array;
}

int get_arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *arguments, channel **self) {
  size_t given = wanted;
  bool tagged = false;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok || given < wanted) {
    throw_argument(env, "too few arguments");
    return 0;
  }
  if (self == NULL) return 1;
  if (napi_check_object_type_tag(env, arguments[0], &CHANNEL_TAG, &tagged) != napi_ok || !tagged ||
      napi_get_value_external(env, arguments[0], (void **)self) != napi_ok) {
    throw_argument(env, "handle: not one of this addon");
    return 0;
  }
  return 1;
}

// ---- The life of a channel

static void release(channel *self) {
  if (--self->owners == 0) free(self);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  release(data);
}

static void on_handle_closed(uv_handle_t *handle) {
  channel *self = uv_handle_get_data(handle);
  free(handle);
  if (--self->handles > 0) return;
  napi_delete_reference(self->env, self->callback);
  napi_delete_reference(self->env, self->slab);
  answer_from(self, NULL, NULL);
  // Only now may the environment go: ended earlier, a worker would find an open handle in its loop and abort.
  napi_remove_async_cleanup_hook(self->exit_hook);
  release(self);
}

void close_channel(channel *self) {
  if (self->fd < 0) return;
  uv_close((uv_handle_t *)self->poll, on_handle_closed);
  if (self->held != NULL) uv_close((uv_handle_t *)self->held, on_handle_closed);
  close(self->fd);
  self->fd = -1;
}

static void on_environment_exit(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  close_channel(data);
}

static void on_poll(uv_poll_t *poll, int status, int events);

// libuv stops polling for good once the kernel reports an error on the descriptor (ENETDOWN when a link goes down).
static int revive(channel *self, int status) {
  int number = 0;
  socklen_t length = sizeof number;
  if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &number, &length) < 0) number = errno;
  int started = uv_poll_start(self->poll, UV_READABLE, on_poll);
  if (started < 0) return started;
  return number != 0 ? -number : status;
}

// ---- Answering

static double clock_ms(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

double now_ms(void) { return clock_ms(CLOCK_BOOTTIME); }

void answer_from(channel *self, const uint8_t *mac, napi_value memory) {
  if (self->answers != NULL) napi_delete_reference(self->env, self->answers);
  self->answers = NULL;
  if (mac == NULL) return;
  memcpy(self->mac, mac, MAC_BYTES);
  napi_create_reference(self->env, memory, 1, &self->answers);
}

// The table as it is now; an empty one where there is none, or where its memory was given away.
static answer_table answers_of(channel *self) {
  answer_table table = {0};
  napi_value memory;
  uint8_t *bytes;
  size_t length;
  if (self->answers == NULL || napi_get_reference_value(self->env, self->answers, &memory) != napi_ok ||
      !get_bytes(self->env, memory, &bytes, &length) || !read_answer_table(bytes, length, &table))
    return (answer_table){0};
  return table;
}

// Whether the frame was a request and its answer left.
static int answer(channel *self, const answer_table *table, const uint8_t *frame, size_t length) {
  uint8_t reply[ARP_FRAME_BYTES];
  double not_after_ms = answer_arp(table, self->mac, frame, length, reply);
  // The very last question, as in send_frame. What is not a number is not later than now.
  return not_after_ms > 0 && now_ms() < not_after_ms &&
         send(self->fd, reply, sizeof reply, MSG_DONTWAIT) == (ssize_t)sizeof reply;
}

// ---- Dates

// The kernel dates frames by the wall clock. Where that was set since nothing waited any more, nobody knows how long they waited.
enum { CLOCK_SET_MS = 1, WAIT_MS_MAX = 1000000 };

int date_frames(channel *self) {
  int on = 1;
  if (setsockopt(self->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0) return -errno;
  self->dated = true;
  self->offset_ms = clock_ms(CLOCK_REALTIME) - now_ms();
  return 0;
}

// How many microseconds ago it came.
static int32_t wait_of(struct msghdr *message, double wall_ms) {
  for (struct cmsghdr *one = CMSG_FIRSTHDR(message); one != NULL; one = CMSG_NXTHDR(message, one)) {
    struct timespec came;
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_TIMESTAMPNS) continue;
    memcpy(&came, CMSG_DATA(one), sizeof came);
    double waited_ms = wall_ms - ((double)came.tv_sec * 1e3 + (double)came.tv_nsec / 1e6);
    return waited_ms > 0 && waited_ms < WAIT_MS_MAX ? (int32_t)(waited_ms * 1e3) : 0;
  }
  return 0;
}

// ---- Receiving

// What one look at the descriptor brought: filled slots, those of them that were answered (a bit each), and why not more.
typedef struct {
  int count, failure;
  uint32_t answered;
} received;

// Fills at most `limit` slots and their lengths, and answers what it may.
static received receive(channel *self, size_t limit) {
  napi_value slab;
  uint8_t *bytes = NULL;
  size_t length = 0;
  received result = {0};
  // A listener may have transferred the memory to another thread; then there is nothing to write into.
  if (napi_get_reference_value(self->env, self->slab, &slab) != napi_ok ||
      !get_bytes(self->env, slab, &bytes, &length) || length < self->slots * (HEAD_BYTES + self->slot_bytes)) {
    close_channel(self);
    result.failure = EFAULT;
    return result;
  }
  answer_table table = answers_of(self);
  int32_t *lengths = (int32_t *)bytes, *waits = lengths + self->slots;
  uint8_t *slot = bytes + self->slots * HEAD_BYTES;
  double wall_ms = self->dated ? clock_ms(CLOCK_REALTIME) : 0;
  double offset_ms = self->dated ? wall_ms - now_ms() : 0;
  bool is_known = self->dated && fabs(offset_ms - self->offset_ms) < CLOCK_SET_MS;
  for (; (size_t)result.count < limit; slot += self->slot_bytes, result.count++) {
    union {
      struct cmsghdr head;
      uint8_t room[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct iovec where = {.iov_base = slot, .iov_len = self->slot_bytes};
    struct msghdr message = {.msg_iov = &where, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t size = recvmsg(self->fd, &message, MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0) {
      result.failure = errno;
      break;
    }
    if (table.count > 0 && (size_t)size <= self->slot_bytes && answer(self, &table, slot, (size_t)size))
      result.answered |= UINT32_C(1) << result.count;
    lengths[result.count] = (int32_t)size;
    waits[result.count] = is_known ? wait_of(&message, wall_ms) : 0;
  }
  if (result.failure == EAGAIN) self->offset_ms = offset_ms;
  self->frames += result.count;
  return result;
}

// Calls JavaScript with a number of filled slots or a negative errno, and a bit for each slot that was answered. What it throws
// becomes an uncaught exception.
static void deliver(channel *self, int outcome, uint32_t answered) {
  napi_env env = self->env;
  napi_value callback, receiver, arguments[2], exception;
  if (napi_get_reference_value(env, self->callback, &callback) != napi_ok || napi_get_global(env, &receiver) != napi_ok ||
      napi_create_int32(env, outcome, &arguments[0]) != napi_ok ||
      napi_create_uint32(env, answered, &arguments[1]) != napi_ok)
    return;
  if (napi_make_callback(env, NULL, receiver, callback, 2, arguments, NULL) == napi_pending_exception &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok)
    napi_fatal_exception(env, exception);
}

// Reads at most `limit` and passes them on. Whether there may be more.
static int pump(channel *self, size_t limit) {
  received result = receive(self, limit);
  if (result.count > 0) deliver(self, result.count, result.answered);
  if (result.failure != 0 && result.failure != EAGAIN && result.failure != EINTR) deliver(self, -result.failure, 0);
  return result.failure == 0 && self->fd >= 0;
}

static void on_poll(uv_poll_t *poll, int status, int events) {
  (void)events;
  channel *self = uv_handle_get_data((uv_handle_t *)poll);
  napi_handle_scope scope;
  if (self->fd < 0 || napi_open_handle_scope(self->env, &scope) != napi_ok) return;
  self->wakeups++;
  if (status < 0) {
    deliver(self, revive(self, status), 0);
  } else if (self->interface_index != 0) {
    // Mostly there is one question: it is answered before we look for a second. What comes in a burst comes in batches, some of them before anything
    // else has its turn: whoever took over hundreds of addresses has much else to do, and is asked for more of them meanwhile than one batch holds.
    int more = pump(self, 1);
    for (int batch = 0; more && batch < BATCHES_AT_ONCE; batch++) more = pump(self, self->slots);
  } else {
    // Events are history: all of it is told first, then that there is no more.
    while (pump(self, self->slots)) {}
    if (self->fd >= 0) deliver(self, 0, 0);
  }
  napi_close_handle_scope(self->env, scope);
}

int read_all(channel *self) {
  int more = self->fd >= 0;
  for (int batch = 0; more && batch < BATCHES_MAX; batch++) more = pump(self, self->slots);
  return !more;
}

static void on_hold_over(uv_timer_t *timer) {
  channel *self = uv_handle_get_data((uv_handle_t *)timer);
  napi_handle_scope scope;
  if (self->fd < 0 || napi_open_handle_scope(self->env, &scope) != napi_ok) return;
  uv_poll_start(self->poll, UV_READABLE, on_poll);
  self->wakeups++;
  read_all(self);
  napi_close_handle_scope(self->env, scope);
}

int hold(channel *self, uint32_t ms) {
  uv_loop_t *loop;
  if (self->fd < 0) return 0;
  if (self->held == NULL) {
    uv_timer_t *timer = calloc(1, uv_handle_size(UV_TIMER));
    if (timer == NULL) return -ENOMEM;
    if (napi_get_uv_event_loop(self->env, &loop) != napi_ok || uv_timer_init(loop, timer) < 0) {
      free(timer);
      return -ENOTSUP;
    }
    uv_handle_set_data((uv_handle_t *)timer, self);
    self->held = timer;
    self->handles++;
  }
  int failure = uv_timer_start(self->held, on_hold_over, ms, 0);
  return failure < 0 ? failure : uv_poll_stop(self->poll);
}

napi_value make_channel(napi_env env, int fd, int interface_index, napi_value *slots_slab_callback) {
  uint32_t slots;
  uint8_t *bytes;
  size_t length;
  napi_valuetype type;
  if (napi_get_value_uint32(env, slots_slab_callback[0], &slots) != napi_ok || slots == 0 || slots > SLOTS_MAX ||
      !get_bytes(env, slots_slab_callback[1], &bytes, &length) || (uintptr_t)bytes % sizeof(int32_t) != 0 ||
      length < slots * (HEAD_BYTES + SLOT_BYTES_MIN) ||
      napi_typeof(env, slots_slab_callback[2], &type) != napi_ok || type != napi_function) {
    close(fd);
    return throw_argument(env, "slots, slab, callback: a number up to 32, an aligned Uint8Array with room, a function");
  }
  channel *self = calloc(1, sizeof *self);
  uv_poll_t *poll = calloc(1, uv_handle_size(UV_POLL));
  uv_loop_t *loop;
  int failure = self == NULL || poll == NULL ? ENOMEM : 0;
  if (failure == 0 && napi_get_uv_event_loop(env, &loop) != napi_ok) failure = ENOTSUP;
  if (failure == 0) failure = -uv_poll_init(loop, poll, fd);
  if (failure != 0) {
    close(fd), free(self), free(poll);
    return throw_errno(env, "epoll_ctl", failure);
  }
  *self = (channel){.env = env, .fd = fd, .interface_index = interface_index, .owners = 2, .handles = 1, .poll = poll, .slots = slots};
  self->slot_bytes = length / slots - HEAD_BYTES;
  uv_handle_set_data((uv_handle_t *)poll, self);
  napi_value handle;
  napi_create_reference(env, slots_slab_callback[1], 1, &self->slab);
  napi_create_reference(env, slots_slab_callback[2], 1, &self->callback);
  napi_add_async_cleanup_hook(env, on_environment_exit, self, &self->exit_hook);
  napi_create_external(env, self, on_collected, NULL, &handle);
  napi_type_tag_object(env, handle, &CHANNEL_TAG);
  failure = -uv_poll_start(poll, UV_READABLE, on_poll);
  if (failure == 0) return handle;
  close_channel(self);
  return throw_errno(env, "epoll_ctl", failure);
}

int libuv_is_known(void) {
  return strcmp(uv_handle_type_name(UV_POLL), "poll") == 0 && strcmp(uv_handle_type_name(UV_TIMER), "timer") == 0;
}
