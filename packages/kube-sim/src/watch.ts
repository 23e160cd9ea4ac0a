import { type ApiError, errorOfCode, expired } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { FaultAction } from './faults.ts';
import type { Fields, KubeObject } from './object.ts';
import { presentBookmark, presentObject } from './presentation.ts';
import type { Change, Entry, Store } from './store.ts';
import type { WatchPlan } from './watch-plan.ts';

/** Where the lines of a watch go. */
export interface WatchSink {
  /** Writes text as it is; a line ends with a newline. */
  write(text: string): void;
  /** Ends the response in order. */
  end(): void;
  /** Breaks the connection, by TCP reset or (truncated) by closing it within the response. */
  abort(how: 'reset' | 'close'): void;
}

/** What waits to be sent goes in pieces of this size at least, as with Go's HTTP server. */
const pieceLength = 2048;
/** So many first objects are sent before others have their turn: a real server encodes all watches beside each other. */
const objectsInATurn = 100;

/** What a running watch needs from outside. */
export interface WatchDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly bookmarkIntervalMs: number;
}

/**
 * One running watch: what its client has seen, and the faults that strike it.
 *
 * Every write happens in the turn of the change that caused it, or when the first objects are sent, so a client sees changes in the order of their
 * versions unless a `reorder` fault is on.
 */
export class Watch {
  readonly #deps: WatchDeps;
  readonly #plan: WatchPlan;
  readonly #sink: WatchSink;
  readonly #held: Disposable[] = [];
  #bookmarkTimer: Disposable | undefined;
  #fault: { action: FaultAction; eventsLeft: number } | undefined;
  #stalled = false;
  #closed = false;
  #heldBack: string | undefined;
  /** Written and not sent yet. */
  #piece = '';
  #moreComes = false;
  /** Changes that happened while the first objects are still on their way; absent when these are sent. */
  #waiting: Change[] | undefined;
  #nextTurn: Disposable | undefined;

  constructor(deps: WatchDeps, plan: WatchPlan, sink: WatchSink) {
    this.#deps = deps;
    this.#plan = plan;
    this.#sink = sink;
  }

  /** Sends what is due and follows the store from there. */
  start(): void {
    const { store, clock } = this.#deps;
    const { resource } = this.#plan.target;
    const from = this.#plan.fromVersion;
    if (from === undefined) {
      this.#waiting = [];
      this.#sendInitial(store.list(resource.storage) ?? [], store.version);
    } else {
      const missed = from < resource.servedSince ? undefined : store.since(resource.storage, from);
      if (missed === undefined) {
        const oldest = Math.max(resource.servedSince, store.oldestVersion);
        this.#fail(expired(`too old resource version: ${from} (${oldest})`));
        return;
      }
      for (const change of missed) this.#follow(change);
    }
    if (this.#closed) return;
    this.#held.push(
      store.subscribe((change) => {
        if (change.resource !== resource.storage) return;
        if (this.#waiting === undefined) this.#follow(change);
        else this.#waiting.push(change);
      }),
      clock.timer(this.#plan.timeoutMs, () => this.#timeOut()),
    );
    if (this.#plan.bookmarks) this.#scheduleBookmark();
  }

  /** Stops following; nothing is sent any more. */
  close(): void {
    this.#closed = true;
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    this.#bookmarkTimer?.[Symbol.dispose]();
    this.#nextTurn?.[Symbol.dispose]();
  }

  /** Lets a fault strike: at once, or after as many more events as it says. */
  strike(action: FaultAction): void {
    const eventsLeft = 'afterEvents' in action ? (action.afterEvents ?? 0) : 0;
    this.#fault = { action, eventsLeft };
    if (eventsLeft === 0) this.#strikeNow(action);
  }

  /** Ends faults that last: a stalled watch ends, so that its client starts again. */
  lift(): void {
    this.#fault = undefined;
    this.#release();
    if (this.#stalled) this.#abort('close');
  }

  /** Some now and the others in turns, and then what happened meanwhile. */
  #sendInitial(entries: readonly Entry[], version: number, sent: number = 0): void {
    const { target, selector, form } = this.#plan;
    const until = sent + objectsInATurn;
    this.#moreComes = true;
    for (const { object } of entries.slice(sent, until)) {
      if (selector(object)) this.#event('ADDED', object);
    }
    this.#moreComes = false;
    this.#send();
    if (this.#closed) return;
    if (until < entries.length) {
      const goOn = (): void => this.#sendInitial(entries, version, until);
      this.#nextTurn = this.#deps.clock.timer(0, goOn);
      return;
    }
    if (this.#plan.marksInitialEnd) {
      const end = { 'k8s.io/initial-events-end': 'true' };
      this.#line('BOOKMARK', presentBookmark(target.resource, version, form, end));
    }
    const changes = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const change of changes) this.#follow(change);
  }

  /** A change as the selector's view has it: an object that stops matching is deleted, one that starts is added. */
  #follow(change: Change): void {
    const { selector } = this.#plan;
    const was = change.previous !== undefined && selector(change.previous);
    const is = change.type !== 'DELETED' && selector(change.object);
    if (is) this.#event(was ? 'MODIFIED' : 'ADDED', change.object);
    else if (was) this.#event('DELETED', deletedView(change));
  }

  #event(type: string, object: KubeObject): void {
    if (this.#closed) return;
    const { target, form } = this.#plan;
    const shown = presentObject(target.resource, object, form, this.#deps.clock.wallMs());
    const fault = this.#fault;
    if (fault?.action.kind === 'truncate' && fault.eventsLeft === 0) {
      const line = JSON.stringify({ type, object: shown });
      this.#write(line.slice(0, Math.ceil(line.length / 2)));
      this.#abort('close');
      return;
    }
    this.#line(type, shown);
    if (fault === undefined || fault.eventsLeft === 0) return;
    fault.eventsLeft -= 1;
    if (fault.eventsLeft === 0) this.#strikeNow(fault.action);
  }

  #line(type: string, object: Fields): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    const kind = this.#fault?.eventsLeft === 0 ? this.#fault.action.kind : undefined;
    if (kind === 'reorder' && this.#heldBack === undefined && type !== 'BOOKMARK') {
      this.#heldBack = line;
      return;
    }
    this.#write(kind === 'duplicate' ? line + line : line);
    this.#release();
  }

  #release(): void {
    const line = this.#heldBack;
    this.#heldBack = undefined;
    if (line !== undefined) this.#write(line);
  }

  #write(text: string): void {
    if (this.#closed || this.#stalled) return;
    this.#piece += text;
    if (!this.#moreComes || this.#piece.length >= pieceLength) this.#send();
  }

  #send(): void {
    if (this.#piece !== '') this.#sink.write(this.#piece);
    this.#piece = '';
  }

  #strikeNow(action: FaultAction): void {
    if (action.kind === 'reset') this.#abort('reset');
    else if (action.kind === 'stall') this.#stall();
    else if (action.kind === 'status')
      this.#fail(errorOfCode(action.code, action.retryAfterSeconds));
    // truncate, duplicate and reorder show in the events that follow.
  }

  /** Says nothing any more; what was written before goes out. */
  #stall(): void {
    this.#send();
    this.#stalled = true;
  }

  #fail(error: ApiError): void {
    this.#write(`${JSON.stringify({ type: 'ERROR', object: error.body })}\n`);
    this.#finish();
  }

  #scheduleBookmark(): void {
    this.#bookmarkTimer = this.#deps.clock.timer(this.#deps.bookmarkIntervalMs, () => {
      this.#bookmark();
      this.#scheduleBookmark();
    });
  }

  #bookmark(): void {
    // A version that is said to be known must be.
    if (this.#waiting !== undefined) return;
    const { target, form } = this.#plan;
    this.#line('BOOKMARK', presentBookmark(target.resource, this.#deps.store.version, form));
  }

  #timeOut(): void {
    if (this.#plan.bookmarks) this.#bookmark();
    this.#release();
    this.#finish();
  }

  #finish(): void {
    if (this.#closed) return;
    this.#send();
    this.close();
    if (!this.#stalled) this.#sink.end();
  }

  #abort(how: 'reset' | 'close'): void {
    if (this.#closed) return;
    this.#send();
    this.close();
    this.#sink.abort(how);
  }
}

/** A deleted object as its watchers see it: the state they knew, with the version of the deletion. */
function deletedView(change: Change): KubeObject {
  const last = change.previous ?? change.object;
  const resourceVersion = String(change.version);
  return { ...last, metadata: { ...last.metadata, resourceVersion } };
}
