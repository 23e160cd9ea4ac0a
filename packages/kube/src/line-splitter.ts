const newline = 0x0a;

/** What a chunk completes. */
export interface FoundLines {
  /** Without their ends, and without those that say nothing. */
  readonly lines: readonly string[];
  /** What comes after these is too long, and nothing of it was kept. */
  readonly isTooLong: boolean;
}

/**
 * Cuts a byte stream into lines, wherever the chunks fall: inside a line, inside a UTF-8 sequence, around an empty line. Only whole lines
 * are decoded, all of a chunk at once, so a character is never torn.
 */
export class LineSplitter {
  readonly #bytesMax: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** A line longer than `bytesMax` is not collected. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The lines that this chunk completes. */
  push(chunk: Uint8Array): FoundLines {
    const until = chunk.lastIndexOf(newline) + 1;
    const lines: string[] = [];
    if (until > 0) {
      for (const line of this.#complete(chunk.subarray(0, until)).split('\n')) {
        if (this.#isTooLong(line)) return { lines, isTooLong: true };
        if (line.trim() !== '') lines.push(line);
      }
    }
    const rest = until === 0 ? chunk : chunk.subarray(until);
    if (this.#bytes + rest.length > this.#bytesMax) return { lines, isTooLong: true };
    if (rest.length > 0) this.#keep(rest);
    return { lines, isTooLong: false };
  }

  #keep(part: Uint8Array): void {
    this.#parts.push(part);
    this.#bytes += part.length;
  }

  #complete(last: Uint8Array): string {
    if (this.#parts.length === 0) return decode(last);
    const whole = Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#bytes = 0;
    return decode(whole);
  }

  /** A character takes three bytes at most for each unit of its text, so that few lines need be measured. */
  #isTooLong(line: string): boolean {
    return 3 * line.length > this.#bytesMax && Buffer.byteLength(line) > this.#bytesMax;
  }
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
