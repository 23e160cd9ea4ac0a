#define _GNU_SOURCE
#include "process-memory.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

// Only glibc has it: musl gives back by itself.
extern int malloc_trim(size_t pad) __attribute__((weak));

// Called for the program first; other than 0 ends it there. Segments that nobody may write hold what the file holds, and are read from it (from the
// page cache, mostly) when they are used again. Those that were relocated are writable ones, whatever the linker made of them later.
static int unmap_unchanged(struct dl_phdr_info *program, size_t size, void *data) {
  (void)size, (void)data;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int at = 0; at < program->dlpi_phnum; at++) {
    const ElfW(Phdr) *segment = &program->dlpi_phdr[at];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) continue;
    uintptr_t start = program->dlpi_addr + segment->p_vaddr, end = start + segment->p_filesz;
    // Whole pages only: the rest of a page may belong to the next segment.
    start = (start + page - 1) / page * page, end = end / page * page;
    // Fails where the process has locked its memory, and then nothing is lost.
    if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 1;
}

napi_value release_memory(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  if (malloc_trim != NULL) malloc_trim(0);
  dl_iterate_phdr(unmap_unchanged, NULL);
  return NULL;
}
