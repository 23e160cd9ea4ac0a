import { ApiError, errorOfCode, expired, invalid } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { FaultAction } from './faults.ts';
import type { Fields, KubeObject } from './object.ts';
import { presentBookmark, presentObject, type Form } from './presentation.ts';
import { selectorOf, versionOf } from './reads.ts';
import type { Selector } from './selectors.ts';
import type { Change, Store } from './store.ts';
import type { Target } from './target.ts';

/** Where the lines of a watch go. */
export interface WatchSink {
  /** Writes text as it is; a line ends with a newline. */
  write(text: string): void;
  /** Ends the response in order. */
  end(): void;
  /** Breaks the connection, by TCP reset or (truncated) by closing it within the response. */
  abort(how: 'reset' | 'close'): void;
}

/** A watch that was accepted and can be started. */
export interface WatchPlan {
  readonly target: Target;
  readonly form: Form;
  readonly selector: Selector;
  /** Start after this version; undefined: first every object as it is now. */
  readonly fromVersion?: number;
  /** Marks the end of the first objects by a bookmark (WatchList). */
  readonly marksInitialEnd: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

const defaultTimeoutMs = 30 * 60_000;
/** What waits to be sent goes in pieces of this size at least, as with Go's HTTP server. */
const pieceLength = 2048;

/** Reads the query of a watch; a 4xx ApiError when it asks for what is not allowed. */
export function planWatch(target: Target, query: URLSearchParams, form: Form): WatchPlan {
  const version = versionOf(query);
  const initial = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch');
  if (initial !== null && match !== 'NotOlderThan') {
    throw forbiddenOption(
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  }
  if (initial === null && match !== null) {
    throw forbiddenOption(
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const first = initial === null ? version === undefined || version === 0 : isTrue(initial);
  return {
    target,
    form,
    selector: selectorOf(target, query),
    ...(first ? {} : { fromVersion: version ?? 0 }),
    marksInitialEnd: isTrue(initial) && bookmarks,
    bookmarks,
    timeoutMs: Number(query.get('timeoutSeconds') ?? 0) * 1000 || defaultTimeoutMs,
  };
}

function isTrue(text: string | null): boolean {
  return text === 'true' || text === '1';
}

function forbiddenOption(why: string): ApiError {
  const cause = {
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${why}`,
    field: 'resourceVersionMatch',
  };
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, [cause]);
}

/** What a running watch needs from outside. */
export interface WatchDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly bookmarkIntervalMs: number;
}

/**
 * One running watch: what its client has seen, and the faults that strike it.
 *
 * Every write happens in the turn of the change that caused it, so a client sees changes in the order of their versions
 * unless a `reorder` fault is on.
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
    if (from === undefined) this.#sendInitial();
    else {
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
        if (change.resource === resource.storage) this.#follow(change);
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

  #sendInitial(): void {
    const { store } = this.#deps;
    const { target, selector, form } = this.#plan;
    const entries = store.list(target.resource.storage) ?? [];
    this.#moreComes = true;
    for (const { object } of entries) {
      if (selector(object)) this.#event('ADDED', object);
    }
    this.#moreComes = false;
    this.#send();
    if (!this.#plan.marksInitialEnd) return;
    const end = { 'k8s.io/initial-events-end': 'true' };
    this.#line('BOOKMARK', presentBookmark(target.resource, store.version, form, end));
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
