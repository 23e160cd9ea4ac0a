import type { ElectionState } from '@picluster/l2-election';
import { ProcessLock, type ProcessLockDeps } from '../process-lock.ts';
import { Predecessor } from './predecessor.ts';
import { Successor, type SuccessorDeps } from './successor.ts';

/** What a place works with. */
export interface NodePlaceDeps extends SuccessorDeps {
  readonly clock: SuccessorDeps['clock'] & ProcessLockDeps['clock'];
  /** A process waits for our end. */
  readonly onWaiting: () => void;
}

/**
 * The place of the one speaker that a node has: who waits for it prepares itself meanwhile, and who has it can hand it on to one that waits, with all that it
 * knows.
 */
export class NodePlace implements AsyncDisposable {
  readonly #deps: NodePlaceDeps;
  readonly #name: string;
  readonly #predecessor: Predecessor;
  readonly #successor: Successor;
  #taking: Promise<ProcessLock> | undefined;
  #lock: ProcessLock | undefined;

  constructor(deps: NodePlaceDeps, name: string) {
    this.#deps = deps;
    this.#name = name;
    this.#predecessor = new Predecessor(deps);
    this.#successor = new Successor(deps);
  }

  /** Whether another process waits for our end. */
  get isAwaited(): boolean {
    return this.#predecessor.isAwaited;
  }

  /** Takes the place, or begins to wait for it, until the signal aborts: `false`, where another process has it. */
  async enter(signal: AbortSignal): Promise<boolean> {
    const { clock, log } = this.#deps;
    const waits = Promise.withResolvers<boolean>();
    const taking = ProcessLock.take(
      this.#name,
      {
        clock,
        log,
        onWaiting: (line) => {
          this.#predecessor.admit(line);
          this.#deps.onWaiting();
        },
        meet: (line) => {
          waits.resolve(false);
          return this.#successor.meet(line);
        },
      },
      signal,
    );
    this.#taking = taking;
    return await Promise.race([taking.then(() => true), waits.promise]);
  }

  /** From now on we could go on at once with what the process before us knows. */
  prepared(): void {
    this.#successor.prepared();
  }

  /** Resolves when the place is ours, with what was handed on, by interface. Rejects with the reason of the signal. */
  async taken(): Promise<ReadonlyMap<string, ElectionState> | undefined> {
    this.#lock = await this.#taking;
    return this.#successor.inherited();
  }

  /** Hands the place on with what `release` gives; see {@link Predecessor.handOn}. */
  async handOn(release: () => Readonly<Record<string, string>>): Promise<boolean> {
    return await this.#predecessor.handOn(() => {
      const states = release();
      this.#lock?.free();
      return states;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock?.[Symbol.asyncDispose]();
  }
}
