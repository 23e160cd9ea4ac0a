/** Where the demo's text goes: a function, so that it needs no terminal. */
export type Write = (text: string) => void;

/** Tells what happens: numbered steps, commands as one would type them, and facts below them. */
export class Narrator {
  readonly #write: Write;
  #step = 0;

  constructor(write: Write) {
    this.#write = write;
  }

  title(text: string): void {
    this.#write(`\n${text}\n${'='.repeat(text.length)}\n`);
  }

  step(text: string): void {
    this.#step += 1;
    this.#write(`\n${this.#step}. ${text}\n\n`);
  }

  say(text: string): void {
    this.#write(`${indent(text)}\n`);
  }

  /** A command and what it prints. */
  command(typed: string, output: string): void {
    this.#write(`${indent(`$ ${typed}\n${output}`)}\n\n`);
  }

  fact(text: string): void {
    this.#write(`   -> ${text}\n`);
  }

  blank(): void {
    this.#write('\n');
  }
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `   ${line}`.trimEnd())
    .join('\n');
}

/** Milliseconds for people: `84 ms`, `16.3 s`. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
