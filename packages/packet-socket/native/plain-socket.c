// TCP and UDP sockets with the options that Node lacks, up to where Node can take the descriptor over. What the options mean, and
// how their values look in memory, is TypeScript.
#define _GNU_SOURCE
#include "plain-socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

// Reads `count` numbers from the front of the arguments.
static int get_numbers(napi_env env, napi_value *arguments, int32_t *numbers, size_t count) {
  for (size_t at = 0; at < count; at++)
    if (napi_get_value_int32(env, arguments[at], &numbers[at]) != napi_ok) return 0;
  return 1;
}

// openSocket(family, type) -> descriptor or a negative errno
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t numbers[2];
  if (!get_arguments(env, info, 2, arguments, NULL)) return NULL;
  if (!get_numbers(env, arguments, numbers, 2)) return throw_argument(env, "family, type: two numbers");
  int fd = socket(numbers[0], numbers[1] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return to_int(env, fd < 0 ? -errno : fd);
}

// setSocketOption(descriptor, level, name, value) -> 0 or a negative errno
static napi_value set_socket_option(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  int32_t numbers[3];
  uint8_t *value;
  size_t length;
  if (!get_arguments(env, info, 4, arguments, NULL)) return NULL;
  if (!get_numbers(env, arguments, numbers, 3) || !get_bytes(env, arguments[3], &value, &length))
    return throw_argument(env, "descriptor, level, name, value: three numbers and a Uint8Array");
  int result = setsockopt(numbers[0], numbers[1], numbers[2], value, (socklen_t)length);
  return to_int(env, result < 0 ? -errno : 0);
}

// filterSocket(descriptor, program) -> 0 or a negative errno
static napi_value filter_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t fd;
  uint8_t *program;
  size_t length;
  if (!get_arguments(env, info, 2, arguments, NULL)) return NULL;
  if (!get_numbers(env, arguments, &fd, 1) || !get_bytes(env, arguments[1], &program, &length))
    return throw_argument(env, "descriptor, program: a number and a Uint8Array");
  return to_int(env, attach_filter(fd, program, length) < 0 ? -errno : 0);
}

// bindSocket(descriptor, address) -> 0 or a negative errno
static napi_value bind_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t fd;
  uint8_t *bytes;
  size_t length;
  if (!get_arguments(env, info, 2, arguments, NULL)) return NULL;
  if (!get_numbers(env, arguments, &fd, 1) || !get_bytes(env, arguments[1], &bytes, &length))
    return throw_argument(env, "descriptor, address: a number and a Uint8Array");
  return to_int(env, bind(fd, (struct sockaddr *)bytes, (socklen_t)length) < 0 ? -errno : 0);
}

// closeSocket(descriptor) -> 0 or a negative errno; only for one that Node has not taken over
static napi_value close_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  int32_t fd;
  if (!get_arguments(env, info, 1, arguments, NULL)) return NULL;
  if (!get_numbers(env, arguments, &fd, 1)) return throw_argument(env, "descriptor: not a number");
  return to_int(env, close(fd) < 0 ? -errno : 0);
}

const addon_function PLAIN_SOCKET_FUNCTIONS[] = {
    {"openSocket", open_socket}, {"setSocketOption", set_socket_option}, {"filterSocket", filter_socket},
    {"bindSocket", bind_socket}, {"closeSocket", close_socket},          {NULL, NULL},
};
