// What a process holds of the machine's memory and does not use.
#ifndef PICLUSTER_PROCESS_MEMORY_H
#define PICLUSTER_PROCESS_MEMORY_H
#include "channel.h"

// releaseMemory(); what cannot be given back stays
napi_value release_memory(napi_env env, napi_callback_info info);

#endif
