// The channel: its memory, its life, and what happens when its descriptor is readable.
#define _GNU_SOURCE
#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// libuv lives in node itself. Its header is not part of Node's API headers, so the few functions used are declared here;
// the handle's size is asked at run time and its layout never assumed.
typedef struct uv_handle_s uv_handle_t;
typedef struct uv_loop_s uv_loop_t;
enum { UV_POLL = 8, UV_READABLE = 1 };
size_t uv_handle_size(int type);
const char *uv_handle_type_name(int type);
void *uv_handle_get_data(const uv_handle_t *handle);
void uv_handle_set_data(uv_handle_t *handle, void *data);
int uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd);
int uv_poll_start(uv_poll_t *poll, int events, void (*callback)(uv_poll_t *poll, int status, int events));
void uv_close(uv_handle_t *handle, void (*callback)(uv_handle_t *handle));

enum { SLOTS_MAX = 64, SLOT_BYTES_MIN = 64 };

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

static void on_poll_closed(uv_handle_t *handle) {
  channel *self = uv_handle_get_data(handle);
  napi_delete_reference(self->env, self->callback);
  napi_delete_reference(self->env, self->slab);
  // Only now may the environment go: ended earlier, a worker would find an open handle in its loop and abort.
  napi_remove_async_cleanup_hook(self->exit_hook);
  free(self->poll);
  release(self);
}

void close_channel(channel *self) {
  if (self->fd < 0) return;
  uv_close((uv_handle_t *)self->poll, on_poll_closed);
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

// Fills at most `limit` slots and their lengths. Returns how many; `failure` says why not more.
static int receive(channel *self, size_t limit, int *failure) {
  napi_value slab;
  uint8_t *bytes = NULL;
  size_t length = 0, count = 0;
  // A listener may have transferred the memory to another thread; then there is nothing to write into.
  if (napi_get_reference_value(self->env, self->slab, &slab) != napi_ok ||
      !get_bytes(self->env, slab, &bytes, &length) || length < self->slots * (sizeof(int32_t) + self->slot_bytes)) {
    close_channel(self);
    *failure = EFAULT;
    return 0;
  }
  for (uint8_t *slot = bytes + self->slots * sizeof(int32_t); count < limit; slot += self->slot_bytes) {
    ssize_t received = recv(self->fd, slot, self->slot_bytes, MSG_DONTWAIT | MSG_TRUNC);
    if (received < 0) {
      *failure = errno;
      break;
    }
    ((int32_t *)bytes)[count++] = (int32_t)received;
  }
  self->frames += (double)count;
  return (int)count;
}

// Calls JavaScript with a number of filled slots or a negative errno. What it throws becomes an uncaught exception.
static void deliver(channel *self, int outcome) {
  napi_env env = self->env;
  napi_value callback, receiver, argument, exception;
  if (napi_get_reference_value(env, self->callback, &callback) != napi_ok || napi_get_global(env, &receiver) != napi_ok ||
      napi_create_int32(env, outcome, &argument) != napi_ok)
    return;
  if (napi_make_callback(env, NULL, receiver, callback, 1, &argument, NULL) == napi_pending_exception &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok)
    napi_fatal_exception(env, exception);
}

// Reads at most `limit` and passes them on. Whether there may be more.
static int pump(channel *self, size_t limit) {
  int failure = 0;
  int count = receive(self, limit, &failure);
  if (count > 0) deliver(self, count);
  if (failure != 0 && failure != EAGAIN && failure != EINTR) deliver(self, -failure);
  return failure == 0 && self->fd >= 0;
}

static void on_poll(uv_poll_t *poll, int status, int events) {
  (void)events;
  channel *self = uv_handle_get_data((uv_handle_t *)poll);
  napi_handle_scope scope;
  if (self->fd < 0 || napi_open_handle_scope(self->env, &scope) != napi_ok) return;
  self->wakeups++;
  if (status < 0) {
    deliver(self, revive(self, status));
  } else if (self->interface_index != 0) {
    // Mostly there is one question: it is answered before we look for a second. What comes in a burst comes in batches.
    if (pump(self, 1)) pump(self, self->slots);
  } else {
    // Events are history: all of it is told first, then that there is no more.
    while (pump(self, self->slots)) {}
    if (self->fd >= 0) deliver(self, 0);
  }
  napi_close_handle_scope(self->env, scope);
}

napi_value make_channel(napi_env env, int fd, int interface_index, napi_value *slots_slab_callback) {
  uint32_t slots;
  uint8_t *bytes;
  size_t length;
  napi_valuetype type;
  if (napi_get_value_uint32(env, slots_slab_callback[0], &slots) != napi_ok || slots == 0 || slots > SLOTS_MAX ||
      !get_bytes(env, slots_slab_callback[1], &bytes, &length) || (uintptr_t)bytes % sizeof(int32_t) != 0 ||
      length < slots * (sizeof(int32_t) + SLOT_BYTES_MIN) ||
      napi_typeof(env, slots_slab_callback[2], &type) != napi_ok || type != napi_function) {
    close(fd);
    return throw_argument(env, "slots, slab, callback: a number up to 64, an aligned Uint8Array with room, a function");
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
  *self = (channel){.env = env, .fd = fd, .interface_index = interface_index, .owners = 2, .poll = poll, .slots = slots};
  self->slot_bytes = length / slots - sizeof(int32_t);
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
  return strcmp(uv_handle_type_name(UV_POLL), "poll") == 0;
}
