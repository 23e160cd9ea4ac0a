// A stand-in for a Node whose C library is musl: loads the addon of the first argument, has it register, and calls its nowMs. Prints the number of
// functions and the time.
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__
#error "compile it with musl-gcc"
#endif

typedef void *(*napi_callback)(void *env, void *info);

static int functions;
static napi_callback now_ms;

int napi_create_function(void *env, const char *name, size_t length, napi_callback call, void *data, void **result) {
  (void)env, (void)length, (void)data, (void)result;
  functions++;
  if (strcmp(name, "nowMs") == 0) now_ms = call;
  return 0;
}

int napi_set_named_property(void *env, void *object, const char *name, void *value) {
  (void)env, (void)object, (void)name, (void)value;
  return 0;
}

int napi_create_double(void *env, double number, void **result) {
  (void)env, (void)result;
  printf("%d functions, %.0f ms\n", functions, number);
  return 0;
}

const char *uv_handle_type_name(int type) {
  return type == 8 ? "poll" : "timer";
}

// Named by the addon, and not called here.
#define ABSENT(name) \
  int name(void) { abort(); }
ABSENT(napi_add_async_cleanup_hook)
ABSENT(napi_check_object_type_tag)
ABSENT(napi_close_handle_scope)
ABSENT(napi_create_error)
ABSENT(napi_create_external)
ABSENT(napi_create_int32)
ABSENT(napi_create_int64)
ABSENT(napi_create_reference)
ABSENT(napi_create_string_utf8)
ABSENT(napi_create_uint32)
ABSENT(napi_delete_reference)
ABSENT(napi_fatal_exception)
ABSENT(napi_get_and_clear_last_exception)
ABSENT(napi_get_cb_info)
ABSENT(napi_get_global)
ABSENT(napi_get_reference_value)
ABSENT(napi_get_typedarray_info)
ABSENT(napi_get_uv_event_loop)
ABSENT(napi_get_value_double)
ABSENT(napi_get_value_external)
ABSENT(napi_get_value_int32)
ABSENT(napi_get_value_string_utf8)
ABSENT(napi_get_value_uint32)
ABSENT(napi_make_callback)
ABSENT(napi_open_handle_scope)
ABSENT(napi_remove_async_cleanup_hook)
ABSENT(napi_throw)
ABSENT(napi_throw_type_error)
ABSENT(napi_type_tag_object)
ABSENT(napi_typeof)
ABSENT(uv_close)
ABSENT(uv_handle_get_data)
ABSENT(uv_handle_set_data)
ABSENT(uv_handle_size)
ABSENT(uv_poll_init)
ABSENT(uv_poll_start)
ABSENT(uv_poll_stop)
ABSENT(uv_timer_init)
ABSENT(uv_timer_start)

int main(int count, char **words) {
  void *addon = count == 2 ? dlopen(words[1], RTLD_NOW) : NULL;
  if (addon == NULL) {
    puts(count == 2 ? dlerror() : "which addon?");
    return 1;
  }
  void *(*register_module)(void *env, void *exports) =
      (void *(*)(void *, void *))dlsym(addon, "napi_register_module_v1");
  int world;
  if (register_module == NULL || register_module(&world, &world) != &world || now_ms == NULL) return 2;
  now_ms(&world, &world);
  return 0;
}
