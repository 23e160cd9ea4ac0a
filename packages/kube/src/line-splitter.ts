const newline = 0x0a;

/**
 * Cuts a byte stream into lines, wherever the chunks fall: inside a line, inside a UTF-8 sequence, around an empty line. Only whole lines
 * are decoded, so a character is never torn.
 */
export class LineSplitter {
  readonly #bytesMax: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** A line longer than `bytesMax` is not collected. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The lines that this chunk completes, without their ends and without empty ones; the last is `line-too-long` where the limit is passed. */
  *push(chunk: Uint8Array): Generator<{ readonly line: string } | 'line-too-long'> {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(newline, from);
      const part = chunk.subarray(from, end === -1 ? chunk.length : end);
      if (this.#bytes + part.length > this.#bytesMax) {
        yield 'line-too-long';
        return;
      }
      if (end === -1) {
        if (part.length > 0) this.#keep(part);
        return;
      }
      const line = this.#complete(part);
      if (line.trim() !== '') yield { line };
      from = end + 1;
    }
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
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
