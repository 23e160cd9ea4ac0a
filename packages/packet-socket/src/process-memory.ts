import { loadAddon } from './addon.ts';

/**
 * Gives back to the system what this process holds and does not use: the free memory of the C library (`malloc_trim`, where it has that), and the pages of
 * the program's file that are mapped into it, code and constants (`madvise` with `MADV_DONTNEED`). Of a Node process that has started these are some 25 MB, most of which only
 * starting needs.
 *
 * What is used again comes back by itself, page by page, from the page cache: a few milliseconds in all, spread over what is done next. Where the system has dropped the pages meanwhile,
 * they are read from the disk, as after any shortage of memory. The objects of JavaScript are not touched: collect garbage first. Takes 2 to 5 ms. Breakpoints that a debugger
 * has set in the program itself are lost. Throws `PacketSocketError` where there is no addon for this machine.
 */
export function releaseMemory(): void {
  loadAddon().releaseMemory();
}
