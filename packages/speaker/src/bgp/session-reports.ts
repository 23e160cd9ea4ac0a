import type { EndReason } from '@picluster/bgp';
import type { BgpSessionMetrics } from './bgp-metrics.ts';
import type { PeerPlan } from './peer-plan.ts';
import {
  missedRouter,
  troubleOf,
  type SessionTrouble,
  type SessionTroubleCode,
} from './session-trouble.ts';

/** The BGPPeer that an event is about. */
type EventPeer = Pick<PeerPlan, 'name' | 'uid'>;

/** Where reports go. */
export interface SessionReportsDeps {
  readonly log: { warn(message: string, fields?: Record<string, unknown>): void };
  /** Writes an event on a BGPPeer. */
  readonly peerEvent: (
    peer: EventPeer,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ) => void;
  /** The name of this node. */
  readonly node: string;
  readonly metrics: Pick<BgpSessionMetrics, 'down'>;
}

/**
 * A router that has ended a session, or refused one, rests for a while, and closes connections meanwhile as if it did not know us (FRR: for up to a minute).
 * One that has not read yet that we have ended the session before refuses the next. Either means something if it comes as many times in a row.
 */
const REST_ATTEMPTS = 8;
const RESTS: ReadonlySet<SessionTroubleCode> = new Set(['not-a-neighbour', 'still-connected']);

/** After these a router closes connections without a word until somebody does something there: that is no news of it. */
const UNTIL_MENDED: ReadonlySet<SessionTroubleCode> = new Set(['shut-down', 'too-many-routes']);

/**
 * Tells people why a session is not there, once and not with each retry: a reason that is new since the session last stood is told at once, one that was told
 * before only when it comes twice in a row, so that two that take turns do not fill the log.
 */
export class SessionReports {
  readonly #deps: SessionReportsDeps;
  readonly #plan: () => PeerPlan;
  /** What was told since the session last stood. */
  readonly #told = new Set<SessionTroubleCode>();
  #last: string | undefined;
  /** Of the attempt before. */
  #seen: string | undefined;
  /** How many attempts in a row the router may have rested. */
  #rested = 0;
  /** The last that was not such a rest. */
  #reason: SessionTroubleCode | undefined;

  constructor(deps: SessionReportsDeps, plan: () => PeerPlan) {
    this.#deps = deps;
    this.#plan = plan;
  }

  /** The session stands. */
  up(): void {
    this.#told.clear();
    this.#last = undefined;
    this.#seen = undefined;
    this.#rested = 0;
    this.#reason = undefined;
    const { node, metrics, peerEvent } = this.#deps;
    metrics.down(undefined);
    const message = `node "${node}" has a session with ${this.#router()}`;
    peerEvent(this.#plan(), 'Normal', 'SessionUp', message);
  }

  /** It does not stand any more; the log has that already, as each session tells of itself. */
  down(reason: EndReason): void {
    const trouble = this.#trouble(reason, true);
    if (trouble === undefined) return;
    this.#isNews(trouble);
    this.#tell('SessionDown', 'has lost the session', trouble);
  }

  /** An attempt has failed. */
  failed(reason: EndReason): void {
    const trouble = this.#trouble(reason, false);
    if (trouble !== undefined) this.#fail(trouble);
  }

  /** No router was found behind an interface; see `RouterListener`. */
  missed(interfaceName: string, what: string | undefined): void {
    const trouble = missedRouter(interfaceName, what);
    this.#deps.metrics.down(trouble.code);
    this.#fail(trouble);
  }

  /** The path cannot be watched by BFD, which the session stands without. */
  unwatched(error: unknown): void {
    const { node, log, peerEvent } = this.#deps;
    log.warn('bfd session cannot begin', {
      peer: this.#plan().name,
      router: this.#router(),
      error,
    });
    const why = error instanceof Error ? error.message : String(error);
    const message = `node "${node}" does not watch the path to ${this.#router()}: ${why}`;
    peerEvent(this.#plan(), 'Warning', 'BfdFailed', message);
  }

  #fail(trouble: SessionTrouble): void {
    if (!this.#isNews(trouble)) return;
    const { code, why, advice } = trouble;
    const fields = { peer: this.#plan().name, router: this.#router(), reason: code, why, advice };
    this.#deps.log.warn('bgp session failed', fields);
    this.#tell('SessionFailed', 'gets no session', trouble);
  }

  #trouble(reason: EndReason, established: boolean): SessionTrouble | undefined {
    const { session, socket } = this.#plan();
    const signed = socket.password !== undefined;
    const trouble = troubleOf(reason, { ...session, signed, established });
    if (trouble === undefined || (!established && this.#isRest(trouble))) return undefined;
    this.#reason = trouble.code;
    this.#deps.metrics.down(trouble.code);
    return trouble;
  }

  #isRest({ code }: SessionTrouble): boolean {
    this.#rested = RESTS.has(code) ? this.#rested + 1 : 0;
    if (this.#rested === 0) return false;
    const isExplained = this.#reason !== undefined && UNTIL_MENDED.has(this.#reason);
    return isExplained || this.#rested < REST_ATTEMPTS;
  }

  #isNews({ code, why }: SessionTrouble): boolean {
    const now = `${code} ${why}`;
    const isTwice = now === this.#seen && now !== this.#last;
    this.#seen = now;
    if (this.#told.has(code) && !isTwice) return false;
    this.#told.add(code);
    this.#last = now;
    return true;
  }

  #tell(event: string, what: string, { why, advice }: SessionTrouble): void {
    const message = `node "${this.#deps.node}" ${what} with ${this.#router()}: ${why}. ${advice}`;
    this.#deps.peerEvent(this.#plan(), 'Warning', event, message);
  }

  #router(): string {
    const { label, socket } = this.#plan();
    return socket.device === undefined ? label : `${label} (vrf ${socket.device})`;
  }
}
