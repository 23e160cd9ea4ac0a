import type { ServerResponse } from 'node:http';
import type { WatchTrouble } from './fault-plan.ts';
import { Pauses } from './pauses.ts';

/** What a relay of one watch runs on. */
export interface WatchRelayDeps {
  readonly response: ServerResponse;
  /** Breaks the client's connection with a TCP reset. */
  readonly cut: () => void;
  /** Told what was done to the watch. */
  readonly note: (what: string) => void;
}

/** What is cut in two where no event waits. */
const HALF_AN_EVENT = '{"type":"BOOKMARK","object":{}}';

/** Passes the events of one watch on, and misbehaves as it is told. Events keep their order. */
export class WatchRelay {
  readonly #deps: WatchRelayDeps;
  readonly #pauses = new Pauses();
  readonly #lines: string[] = [];
  #rest = '';
  #trouble: WatchTrouble | undefined;
  #count = 0;
  #busy = false;
  #ending = false;
  #over = false;

  constructor(deps: WatchRelayDeps) {
    this.#deps = deps;
  }

  /** From now on, counted from here. */
  suffer(trouble: WatchTrouble | undefined): void {
    this.#trouble = trouble;
    this.#count = 0;
    this.#pauses.endAll();
    void this.#pump();
  }

  /** Ends the client's watch now; what waits is lost. Silence is no end. */
  endNow(end: WatchTrouble['end']): void {
    if (this.#over) return;
    this.#pauses.endAll();
    void this.#endBadly({ duplicateEvery: 0, lateMs: 0, endsAfter: 0, end }, HALF_AN_EVENT);
  }

  /** Text from the API server. */
  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    this.#lines.push(...lines);
    void this.#pump();
  }

  /** The API server ended the watch. */
  end(): void {
    this.#ending = true;
    void this.#pump();
  }

  /** The client went away. */
  abandon(): void {
    this.#over = true;
    this.#pauses.endAll();
  }

  async #pump(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (!this.#over) {
        const line = this.#lines[0];
        if (line === undefined) break;
        if (this.#trouble !== undefined && this.#count >= this.#trouble.endsAfter) {
          await this.#endBadly(this.#trouble, line);
          continue;
        }
        const lateMs = this.#trouble?.lateMs ?? 0;
        if (lateMs > 0) await this.#pauses.pause(lateMs);
        if (this.#over) return;
        this.#lines.shift();
        this.#pass(line);
      }
      if (this.#ending && !this.#over) this.#deps.response.end(this.#rest);
    } finally {
      this.#busy = false;
    }
  }

  #pass(line: string): void {
    this.#count++;
    const every = this.#trouble?.duplicateEvery ?? 0;
    const twice = every > 0 && this.#count % every === 0;
    if (twice) this.#deps.note('event twice');
    this.#deps.response.write(twice ? `${line}\n${line}\n` : `${line}\n`);
  }

  /** Ends the client's watch in the way that is due; after silence that was lifted it goes on. */
  async #endBadly({ end }: WatchTrouble, line: string): Promise<void> {
    const { response, cut, note } = this.#deps;
    note(`watch ends: ${end}`);
    switch (end) {
      case 'silence':
        this.#trouble = undefined;
        await this.#pauses.pause(60_000);
        return;
      case 'reset':
        this.#over = true;
        cut();
        return;
      case 'inside an event':
        this.#over = true;
        response.write(line.slice(0, Math.ceil(line.length / 2)), () => cut());
        return;
      case 'between events':
        this.#over = true;
        response.end();
        return;
      case 'error 410':
      case 'error 500':
        this.#over = true;
        response.end(
          `${JSON.stringify({ type: 'ERROR', object: statusBody(Number(end.slice(-3))) })}\n`,
        );
    }
  }
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
};

/** An error as the API server words it. */
export function statusBody(code: number): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `the misbehaving proxy says ${code}`,
    reason: REASONS[code] ?? 'Unknown',
    code,
  };
}
