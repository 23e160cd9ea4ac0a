import { addressBytes } from './address-text.ts';
import type { AnswerReport } from './answer-report.ts';
import { isOwnHold } from './api-witness.ts';
import { isInDoubt } from './doubt.ts';
import { hasLeft, step } from './election-machine.ts';
import type { ElectionEffect, ElectionEvent } from './election-events.ts';
import { type Candidacy, type ElectionState, initialState } from './election-state.ts';
import type { NodeId } from './heartbeat.ts';
import { electorateOf, nodeIdOf } from './identity.ts';
import type { L2ElectionDeps, L2ElectionOptions, Standing } from './l2-election-deps.ts';
import { L2ElectionError } from './l2-election-error.ts';
import { report } from './report.ts';
import { heldIn, isRenewed } from './renewal.ts';
import { isSameList } from './same-list.ts';
import { isAnswerable, rightOf } from './right.ts';
import { macText, type PortListener, SegmentPort } from './segment-port.ts';
import { isAtRest } from './speaking.ts';
import { checkTimings, wiredTimings } from './timings.ts';

/**
 * One node's part in the election on one segment: runs {@link step} on a link and a clock.
 *
 * Whoever answers for addresses must ask `mayAnswer` (or the `untilMs` it was given) for every packet, right before it is sent: a right
 * ends by time alone.
 */
export class L2Election {
  readonly #deps: L2ElectionDeps;
  readonly #port: SegmentPort;
  readonly #interfaceIndex: number;
  #state: ElectionState;
  /** See `rightOf`. Asked for each address and packet; it changes in turns alone. */
  #rightUntilMs: number;
  readonly #untilMs = (address: string): number => this.untilMs(address);
  #events: ElectionEvent[] = [];
  #foreignFrame = false;
  #wake: Disposable | undefined;
  #turn: Disposable | undefined;
  #stopping: PromiseWithResolvers<void> | undefined;
  #stopped = false;
  /** What the link was told last. */
  #atRest = false;
  #inTurn = false;
  #turnAfter = false;
  /** What the owner does not know yet that we hold. */
  #untold: readonly string[];
  /** The last list of names, and its nodes: thousands of addresses have the same. */
  #lastNames: readonly string[] = [];
  #lastIds: readonly NodeId[] = [];
  /** Of nodes by their names. */
  readonly #ids = new Map<string, NodeId>();

  /**
   * Listens and sends heartbeats from now on.
   *
   * @throws L2ElectionError `bad-options`
   */
  constructor(deps: L2ElectionDeps, options: L2ElectionOptions) {
    const { hmac, clock, random, link } = deps;
    const timings = options.timings ?? wiredTimings;
    checkTimings(timings);
    if (options.strict !== undefined) checkMembers(options.strict.members);
    this.#deps = deps;
    this.#interfaceIndex = options.interfaceIndex ?? 0;
    this.#state =
      options.inherited ??
      initialState({
        node: nodeIdOf(hmac, options.nodeName),
        boot: 1 + Math.floor(random() * 0xffff_fffe),
        timings,
        members: options.strict?.members ?? 0,
        nowMs: options.heardSinceMs ?? clock.nowMs(),
      });
    this.#rightUntilMs = rightOf(this.#state).untilMs;
    this.#untold = heldIn(this.#state);
    const electorate = electorateOf(hmac, options.electorate);
    this.#port = new SegmentPort(deps, { keys: options.keys, electorate }, this.#hears());
    this.#tell({ kind: 'link', up: link.up });
  }

  /**
   * This node may answer for the address (canonical text). A later call changes who else may, and moves nothing that is held.
   *
   * @throws L2ElectionError `bad-address`
   */
  stand(address: string, standing: Standing = {}): void {
    if (addressBytes(address) === undefined) {
      throw new L2ElectionError('bad-address', `not an address in its canonical text: ${address}`, {
        address,
      });
    }
    this.#tell({ kind: 'stand', address, candidacy: this.#candidacyOf(standing) });
  }

  /**
   * It may no longer, for any of these: what is held goes to successors, all in one frame. `lost` is called, and then the frame that names the successor sent, before this
   * returns; where it is called from within a call of the listener, right after the turn that made that call.
   */
  resign(...addresses: readonly string[]): void {
    for (const address of addresses) this.#tell({ kind: 'resign', address });
    this.#takeTurn(false);
  }

  /** Hands everything over. Resolves when that is done, or after `deadAfterMs`; no frame is sent and no call made after that. */
  async stop(): Promise<void> {
    if (this.#stopping === undefined) {
      this.#stopping = Promise.withResolvers();
      this.#tell({ kind: 'leave' });
      this.#takeTurn(false);
    }
    return this.#stopping.promise;
  }

  /**
   * Ends this part in the election without a word to the others, and gives all that it knows, for another process of this node to go on with:
   * see `inherited` of the options. `lost` is called for what is held; no frame is sent and no call made after that. Not within a call of the
   * listener, and not after {@link L2Election.stop}.
   */
  release(): ElectionState {
    if (this.#inTurn || this.#stopping !== undefined)
      throw new Error('nothing can be released now');
    this.#takeTurn(false);
    this.#end();
    for (const address of heldIn(this.#state)) this.#deps.listener.lost(address, 'passed-on');
    return this.#state;
  }

  /**
   * Signs with the first of these and accepts all, from the next frame on.
   *
   * @throws L2ElectionError `bad-options` unless there is at least one, each of at least 16 bytes; then the old ones stay
   */
  setKeys(keys: readonly Uint8Array[]): void {
    this.#port.setKeys(keys);
  }

  /** Whether this node may answer for the address at this moment. */
  mayAnswer(address: string, nowMs: number): boolean {
    return nowMs < this.untilMs(address);
  }

  /** Until when it may, as known now; `-Infinity` where it may not. Moves on with each heartbeat that others acknowledge. */
  untilMs(address: string): number {
    const isOurs = !this.#stopped && isAnswerable(this.#state, address);
    return isOurs ? this.#rightUntilMs : -Infinity;
  }

  /** Whether it has listened for long enough to be given addresses, and hears the segment: until then, others should not be stopped. */
  get isReady(): boolean {
    const { listenAtMs, passive, carrier, timings } = this.#state;
    const listened = this.#deps.clock.nowMs() - listenAtMs >= timings.deadAfterMs;
    return listened && !passive && carrier && !this.#stopped;
  }

  /** What the node knows; for status and metrics. */
  get state(): ElectionState {
    return this.#state;
  }

  /** Somebody answered for the address: in reply to a probe, or heard by the way. `mac`: 6 bytes. */
  answerHeard(address: string, mac: Uint8Array): void {
    this.#tell({ kind: 'answer-heard', address, mac: macText(mac) });
  }

  /** Tells the segment of a holder that does not answer, as `answerWatchStep` wants. No frame is sent once stopped. */
  report(unanswered: AnswerReport): void {
    if (!this.#stopped) this.#port.report(unanswered);
  }

  /** Whether the API knows of no other node on this segment: then silence is no reason to let go. Default: false. */
  setAlone(alone: boolean): void {
    this.#tell({ kind: 'alone', alone });
  }

  /** Whether the API answers. Without calls, the election does without it. */
  setApiReachable(reachable: boolean): void {
    this.#tell({ kind: 'api-reachable', reachable });
  }

  /** The API names the owner of an address: at the start, and at each change. */
  recordSeen(address: string, term: number, nodeName: string): void {
    const record = { address, term, node: this.#idOf(nodeName) };
    // Thousands of our own records come back one by one, as fast as they are written: the next turn is soon enough for them.
    this.#tell(
      { kind: 'api-record', ...record },
      isInDoubt(this.#state) || !isOwnHold(this.#state, record),
    );
  }

  /**
   * The API shows a sign of life of another node of this segment, as that its node Lease was renewed, `agoMs` ago. What is recorded as a
   * node's own is left to it for 15 s after the newest one.
   */
  nodeSeen(nodeName: string, agoMs: number = 0): void {
    this.#tell({ kind: 'api-alive', node: this.#idOf(nodeName), agoMs });
  }

  #candidacyOf({ candidates, preferred, beside }: Standing): Candidacy {
    return {
      ...(candidates && { candidates: this.#idsOf(candidates) }),
      ...(preferred && { preferred: this.#idsOf(preferred) }),
      ...(beside !== undefined && { beside }),
    };
  }

  #idsOf(names: readonly string[]): readonly NodeId[] {
    if (names.length === 0) return [];
    if (!isSameList(names, this.#lastNames)) {
      this.#lastNames = [...names];
      this.#lastIds = names.map((name) => this.#idOf(name));
    }
    return this.#lastIds;
  }

  /** One text for each node, not one for each address. */
  #idOf(nodeName: string): NodeId {
    const known = this.#ids.get(nodeName);
    if (known !== undefined) return known;
    const id = nodeIdOf(this.#deps.hmac, nodeName);
    this.#ids.set(nodeName, id);
    return id;
  }

  #hears(): PortListener {
    return {
      heartbeat: (heartbeat, mac, heardMs) =>
        this.#tell({ kind: 'heartbeat', heartbeat, mac, heardMs }),
      // Busy segments carry many: they wait for the next turn.
      foreign: () => (this.#foreignFrame = true),
      met: (other) => this.#meet(other),
      // Without waiting for another pass of an event loop.
      batchEnded: () => {
        if (this.#events.length > 0) this.#takeTurn(this.#port.readAll());
      },
      link: (up) => this.#tell({ kind: 'link', up }),
    };
  }

  #meet(other: L2Election): void {
    const second = other.#interfaceIndex > this.#interfaceIndex ? other : this;
    second.#tell({ kind: 'second-port' });
  }

  #tell(event: ElectionEvent, isUrgent: boolean = true): void {
    if (this.#stopped) return;
    this.#events.push(event);
    if (isUrgent) this.#soon();
  }

  /** A turn after all that the link has to deliver: frames that waited while the process was stopped must be read before it acts. */
  #soon(): void {
    if (this.#port.isReading) return;
    this.#turn ??= this.#deps.clock.timer(0, () => this.#takeTurn(this.#port.readAll()));
  }

  #takeTurn(readAll: boolean): void {
    // The listener asked for a turn from within one: what that one still has to do comes first.
    this.#turnAfter = this.#inTurn;
    if (this.#inTurn || this.#stopped) return;
    this.#turn?.[Symbol.dispose]();
    this.#turn = undefined;
    this.#wake?.[Symbol.dispose]();
    const { clock } = this.#deps;
    const events = this.#events;
    this.#events = [];
    if (this.#foreignFrame) events.push({ kind: 'foreign-frame' });
    this.#foreignFrame = false;
    const nowMs = clock.nowMs();
    const before = this.#state;
    const [state, effects] = step(before, { nowMs, wallMs: clock.wallMs(), events, readAll });
    this.#state = state;
    this.#rightUntilMs = rightOf(state).untilMs;
    this.#inTurn = true;
    for (const effect of effects) this.#carryOut(effect);
    this.#rest(isAtRest(state, nowMs));
    const isTold = this.#tellInherited();
    if (isTold || isRenewed(before, state, effects))
      this.#deps.listener.renewed?.(this.#rightUntilMs);
    // Others wait for our frames and answers, nobody for this.
    report(effects, this.#deps);
    this.#inTurn = false;
    if (this.#stopping !== undefined && hasLeft(state)) {
      this.#end();
      this.#stopping.resolve();
      return;
    }
    this.#wakeAt(state.wakeAtMs);
    if (this.#turnAfter) this.#takeTurn(false);
    else this.#deps.listener.turned?.();
  }

  #rest(atRest: boolean): void {
    if (this.#atRest === atRest) return;
    this.#atRest = atRest;
    this.#deps.link.rest?.(atRest);
  }

  #end(): void {
    this.#stopped = true;
    this.#port.close();
    this.#turn?.[Symbol.dispose]();
    this.#wake?.[Symbol.dispose]();
  }

  #wakeAt(atMs: number): void {
    const { clock } = this.#deps;
    // A timer may fire a little early. At rest a millisecond later is as good, and saves the process from waking twice.
    const spareMs = this.#atRest ? 1 : 0;
    this.#wake = clock.timer(Math.max(0, atMs - clock.nowMs()) + spareMs, () => {
      if (clock.nowMs() < atMs) this.#wakeAt(atMs);
      else this.#takeTurn(this.#port.readAll());
    });
  }

  /** What another process held a moment ago, if this one still does. */
  #tellInherited(): boolean {
    const untold = this.#untold;
    if (untold.length === 0) return false;
    this.#untold = [];
    const held = heldIn(this.#state);
    for (const address of untold) {
      if (held.includes(address)) this.#gained(address);
    }
    return true;
  }

  #gained(address: string): void {
    this.#deps.listener.gained(address, this.#untilMs);
  }

  #carryOut(effect: ElectionEffect): void {
    const { listener } = this.#deps;
    switch (effect.kind) {
      case 'send':
        this.#port.send(effect.heartbeat);
        break;
      case 'gained':
        this.#gained(effect.address);
        break;
      case 'lost':
        listener.lost(effect.address, effect.reason);
        break;
      case 'announce':
        listener.announce?.(effect.address);
        break;
      case 'record':
        listener.record?.(effect.address, effect.term);
        break;
      case 'probe':
        this.#deps.probe?.(effect.address);
        break;
      case 'solicit':
        this.#deps.solicit?.();
        break;
      case 'conflict':
        listener.conflict?.(effect.address, effect.mac);
        break;
      case 'duplicate-identity':
        listener.duplicateIdentity?.(effect.mac);
        break;
      case 'claiming':
      case 'claim-ended':
        break;
    }
  }
}

function checkMembers(members: number): void {
  if (Number.isInteger(members) && members >= 3) return;
  const problems = [
    `strict.members must be a whole number from 3 on, not ${members}: two nodes have no majority without each other`,
  ];
  throw new L2ElectionError('bad-options', problems.join(), { problems });
}
