import type { Socket } from 'node:net';

/** One end of a connection between two processes, in lines of text. It never throws for what the other end does. */
export class TextLine {
  readonly #socket: Socket;
  readonly #limit: number;
  #rest = '';
  #onText: (text: string) => void = () => {};
  #ended = false;

  /** @param limit a line of more characters ends the connection */
  constructor(socket: Socket, limit: number) {
    this.#socket = socket;
    this.#limit = limit;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => (this.#ended = true));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The listener for whole lines; it replaces an earlier one. Call it before the next turn of the event loop. */
  onText(listener: (text: string) => void): void {
    this.#onText = listener;
  }

  /** Calls back when the connection is over, whoever ended it. */
  onEnd(listener: () => void): void {
    this.#socket.once('close', listener);
  }

  /** Sends a line. Resolves when the kernel has it, or the connection is over. */
  send(text: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ended) resolve();
      else this.#socket.write(`${text}\n`, () => resolve());
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (!this.#socket.destroyed) this.#onText(line);
    if (this.#rest.length > this.#limit) this.close();
  }
}
