import { KubeError } from './kube-error.ts';
import type { LineSplitter } from './line-splitter.ts';
import { errorOfStatus } from './status.ts';
import { decodeWatchLine, type WatchEvent } from './watch-event.ts';

/** A line of a watch that brings something. */
export type WatchNews = Exclude<WatchEvent, { type: 'ERROR' }>;

/** The events in a chunk; throws a {@link KubeError} for what must end the watch: an ERROR event, a line that is none, one too long. */
export function* readWatchChunk(
  lines: LineSplitter,
  chunk: Uint8Array,
  request: string,
): Generator<WatchNews> {
  const found = lines.push(chunk);
  for (const line of found.lines) {
    const event = decodeWatchLine(line);
    if (typeof event === 'string') {
      throw new KubeError('garbage', `a line of the watch is no event: ${event}`, { request });
    }
    if (event.type === 'ERROR') throw errorOfStatus(event.status, request);
    yield event;
  }
  if (found.isTooLong) {
    throw new KubeError('line-too-long', 'a line of the watch is too long', { request });
  }
}
