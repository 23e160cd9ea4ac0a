// TCP and UDP sockets that Node takes over once their options are set.
#ifndef PICLUSTER_PLAIN_SOCKET_H
#define PICLUSTER_PLAIN_SOCKET_H
#include "channel.h"

typedef struct {
  const char *name;
  napi_callback call;
} addon_function;

// Ends with a function without a name.
extern const addon_function PLAIN_SOCKET_FUNCTIONS[];

// SO_ATTACH_FILTER; -1 and errno where the program cannot be one.
int attach_filter(int fd, uint8_t *program, size_t length);

#endif
