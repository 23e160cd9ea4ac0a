import type { AnswerReport } from './answer-report.ts';
import type {
  AnswerFault,
  AnswerWatchDraft,
  AnswerWatchEffect,
  AnswerWatchInput,
  AnswerWatchState,
  Stray,
  WatchedHold,
} from './answer-watch-state.ts';
import type { ElectionState, Peer } from './election-state.ts';
import type { NodeId } from './heartbeat.ts';
import { familyOf, holdsOfOthers, nodeWith } from './holds-of-others.ts';
import { groupOf, heldCount, isMutual, stakeOf } from './knowledge.ts';
import { weight } from './placement.ts';
import { endAsides, hearOfUs, noteSilent } from './setting-aside.ts';

/** A new holder is not asked for before this. */
const settleMs = 2000;
/** Between two questions of one node, however many are due: answers and heartbeats share the wire with them. */
const ownGapMs = 50;
/** Between two looks at who holds what, two reports, two questions for an address whose holder is known not to answer. */
const lookEveryMs = 1000;
/** How old the heartbeats of a reporter may be that date its report: so many frames, a second or more. */
const reportWithinFrames = 64;
/** Another speaker counts as answering too when it was heard in so many questions, and no longer when not heard in so many. */
const strayHeardMin = 2;
const strayUnheardMin = 3;

/**
 * One step of the watch over the answers (rule 24): heartbeats prove that a holder's process lives, not that the wire carries its answers. So
 * every node asks now and then for what others hold, and hears whose hardware address the answers name. Pure.
 *
 * A question in vain counts only while heartbeats pass between the two in both directions: where they do not, the election acts. It is told only
 * if the asker got some answer of any machine meanwhile: else it may be the asker who is broken.
 */
export function answerWatchStep(
  before: AnswerWatchState,
  input: AnswerWatchInput,
): readonly [AnswerWatchState, readonly AnswerWatchEffect[]] {
  const state: AnswerWatchDraft = {
    ...before,
    watched: new Map(before.watched),
    told: new Map(before.told),
    silentUntilMs: new Map(before.silentUntilMs),
    aside: new Map(before.aside),
    kept: new Map(before.kept),
  };
  const watch = new AnswerWatch(state, input.election, input.nowMs);
  watch.take(input);
  watch.look();
  return [state, watch.effects];
}

/** One step at work. */
class AnswerWatch {
  readonly state: AnswerWatchDraft;
  readonly election: ElectionState;
  readonly nowMs: number;
  readonly effects: AnswerWatchEffect[] = [];

  constructor(state: AnswerWatchDraft, election: ElectionState, nowMs: number) {
    this.state = state;
    this.election = election;
    this.nowMs = nowMs;
  }

  take(input: AnswerWatchInput): void {
    const { state } = this;
    switch (input.kind) {
      case 'heard':
        this.#onHeard(input.address, input.macs);
        break;
      case 'control-heard':
        this.#noteAnswer(input.family);
        break;
      case 'report':
        this.#onReport(input.report);
        break;
      case 'resigned':
        state.aside.delete(input.address);
        break;
      case 'look':
        break;
    }
  }

  /** Brings what is watched in line with who holds what, asks what is due, and reports. */
  look(): void {
    const { state, nowMs } = this;
    this.#follow();
    endAsides(this);
    this.#askNext();
    this.#report();
    let wakeAtMs = nowMs + lookEveryMs;
    const soonestMs = Math.max(nowMs, state.askedAtMs + ownGapMs);
    for (const { asked, askAtMs } of state.watched.values()) {
      if (!asked) wakeAtMs = Math.min(wakeAtMs, Math.max(askAtMs, soonestMs));
    }
    state.wakeAtMs = wakeAtMs;
  }

  #follow(): void {
    const { state, election, nowMs } = this;
    if (nowMs < state.followedAtMs + lookEveryMs) return;
    state.followedAtMs = nowMs;
    const holds = holdsOfOthers(election, nowMs);
    for (const [address, hold] of state.watched) {
      const now = holds.get(address);
      const same = now?.holder === hold.holder && now.term === hold.term && now.mac === hold.mac;
      if (same) continue;
      this.#forget(address, hold);
    }
    const everyMs = this.#everyMs(holds.size);
    for (const [address, hold] of holds) {
      if (state.watched.has(address)) continue;
      // Nodes and addresses take their turns at different times.
      const turnMs = (weight(address, election.node) / 2 ** 32) * everyMs;
      state.watched.set(address, {
        ...hold,
        askAtMs: nowMs + settleMs + turnMs,
        asked: false,
        misses: 0,
        missedAtMs: Infinity,
        silent: false,
        strays: new Map(),
      });
    }
  }

  /** How often this node asks for an address, where others hold so many: it shares that with all that do not hold the address. */
  #everyMs(heldByOthers: number): number {
    const { rules } = this.state;
    const addresses = heldByOthers + heldCount(this.election);
    const askers = Math.max(1, groupOf(this.election, this.nowMs) - 1);
    return Math.max(rules.askEveryMs, rules.askGapMs * addresses) * askers;
  }

  #forget(address: string, hold: WatchedHold): void {
    this.state.watched.delete(address);
    if (hold.silent) this.#fault('silent', address, hold, false);
    for (const [mac, { node, heard }] of hold.strays) {
      if (heard >= strayHeardMin) this.#fault('answers-too', address, { holder: node, mac }, false);
    }
  }

  #askNext(): void {
    const { state, election, nowMs } = this;
    if (election.passive || !election.carrier || nowMs < state.askedAtMs + ownGapMs) return;
    let next: string | undefined;
    let nextAtMs = nowMs;
    for (const [address, { asked, askAtMs }] of state.watched) {
      if (asked || askAtMs > nextAtMs) continue;
      next = address;
      nextAtMs = askAtMs;
    }
    const hold = next === undefined ? undefined : state.watched.get(next);
    if (next === undefined || hold === undefined) return;
    state.watched.set(next, { ...hold, asked: true });
    state.askedAtMs = nowMs;
    this.effects.push({ kind: 'ask', address: next, waitMs: this.#waitMs() });
  }

  /** Longer where frames take their time. */
  #waitMs(): number {
    return Math.max(this.state.rules.againMs, 3 * this.election.timings.delayMs);
  }

  #onHeard(address: string, macs: readonly string[] | undefined): void {
    const { state, election, nowMs } = this;
    const hold = state.watched.get(address);
    if (hold?.asked !== true) return;
    const peer = election.peers.get(hold.holder);
    const stake = peer && stakeOf(peer, address);
    // A question that another hold, or another interface of the holder, may have answered says nothing.
    const isSame = stake?.kind === 'hold' && stake.term === hold.term && peer?.mac === hold.mac;
    if (macs === undefined || peer === undefined || !isSame) {
      const askAtMs = nowMs + this.#everyMs(state.watched.size);
      state.watched.set(address, { ...hold, asked: false, askAtMs });
      return;
    }
    if (macs.length > 0) this.#noteAnswer(familyOf(address));
    const isRight = macs.includes(hold.mac);
    const outcome = isRight ? 'right' : macs.length > 0 ? 'wrong' : 'none';
    this.effects.push({ kind: 'counted', outcome });
    const heard = isRight ? this.#answered(address, hold) : this.#missed(address, hold, peer);
    const strays = this.#strays(address, heard, macs);
    const isOpen = heard.misses > 0 || [...strays.values()].some(({ unheard }) => unheard > 0);
    const isNews = [...strays.values()].some((stray) => stray.heard < strayHeardMin);
    const isSoon = (isOpen || isNews) && !this.#isBlind(address, heard);
    const waitMs = isSoon ? this.#againMs(heard, peer) : this.#everyMs(state.watched.size);
    state.watched.set(address, { ...heard, strays, asked: false, askAtMs: nowMs + waitMs });
  }

  #answered(address: string, hold: WatchedHold): WatchedHold {
    if (hold.silent) this.#fault('silent', address, hold, false);
    return { ...hold, silent: false, misses: 0, missedAtMs: Infinity };
  }

  #missed(address: string, hold: WatchedHold, peer: Peer): WatchedHold {
    const { state, nowMs } = this;
    if (!this.#isPathSound(peer)) return hold;
    const misses = hold.misses + 1;
    const missedAtMs = Math.min(hold.missedAtMs, nowMs);
    const family = familyOf(address);
    const couldHear = state.answeredAtMs[family] >= missedAtMs;
    if (!couldHear && misses >= state.rules.missesMin / 2) this.#control(family);
    const silent = hold.silent || (couldHear && misses >= state.rules.missesMin);
    if (silent) noteSilent(this, address, hold.holder);
    if (silent && !hold.silent) this.#fault('silent', address, hold, true);
    return { ...hold, misses, missedAtMs, silent };
  }

  /** One answer serves all addresses. */
  #control(family: 4 | 6): void {
    const { state, nowMs } = this;
    if (nowMs - state.controlledAtMs[family] < lookEveryMs) return;
    state.controlledAtMs = { ...state.controlledAtMs, [family]: nowMs };
    this.effects.push({ kind: 'control', family, waitMs: this.#waitMs() });
  }

  /** While questions stay without an answer the next one follows at once: the wait for the last one was long enough. */
  #againMs({ silent, misses }: WatchedHold, peer: Peer): number {
    const isEnough = silent || misses >= this.state.rules.missesMin;
    return isEnough || !this.#isPathSound(peer) ? lookEveryMs : 0;
  }

  /** No question of this node gets an answer of anybody: it can tell nothing, and need not hurry. */
  #isBlind(address: string, { misses, missedAtMs }: WatchedHold): boolean {
    const { rules, answeredAtMs } = this.state;
    return misses >= rules.missesMin && answeredAtMs[familyOf(address)] < missedAtMs;
  }

  /** Broadcasts pass between us and the peer, both ways, now: then questions and answers should too. */
  #isPathSound(peer: Peer): boolean {
    const { bindingMs } = this.election.timings;
    const { nowMs } = this;
    return nowMs - peer.heardAtMs < bindingMs && nowMs - peer.ackDirectAtMs < bindingMs;
  }

  #strays(
    address: string,
    { holder, strays: before }: WatchedHold,
    macs: readonly string[],
  ): ReadonlyMap<string, Stray> {
    const strays = new Map(before);
    for (const mac of macs) {
      const node = nodeWith(this.election, mac);
      if (node === undefined) this.effects.push({ kind: 'foreign', address, mac });
      if (node === undefined || node === holder) continue;
      const peer = this.election.peers.get(node);
      // Switches and access points answer in the name of the dead.
      if (peer === undefined || !isMutual(this.election, peer, this.nowMs)) continue;
      const heard = (strays.get(mac)?.heard ?? 0) + 1;
      strays.set(mac, { node, heard, unheard: 0 });
      if (heard === strayHeardMin) this.#fault('answers-too', address, { holder: node, mac }, true);
    }
    for (const [mac, stray] of before) {
      if (macs.includes(mac)) continue;
      const unheard = stray.unheard + 1;
      if (unheard < strayUnheardMin) strays.set(mac, { ...stray, unheard });
      else {
        strays.delete(mac);
        if (stray.heard >= strayHeardMin) {
          this.#fault('answers-too', address, { holder: stray.node, mac }, false);
        }
      }
    }
    return strays;
  }

  #noteAnswer(family: 4 | 6): void {
    const { state, nowMs } = this;
    state.answeredAtMs = { ...state.answeredAtMs, [family]: nowMs };
  }

  #report(): void {
    const { state, election, nowMs } = this;
    if (nowMs < state.reportedAtMs + lookEveryMs) return;
    const reports = new Map<NodeId, { address: string; term: number }[]>();
    for (const [address, { holder, term, silent }] of state.watched) {
      if (!silent) continue;
      const holds = reports.get(holder) ?? [];
      holds.push({ address, term });
      reports.set(holder, holds);
    }
    if (reports.size > 0) state.reportedAtMs = nowMs;
    const { node, boot, seq } = election;
    for (const [holder, holds] of reports) {
      this.effects.push({ kind: 'report', report: { node, boot, seq, holder, holds } });
    }
  }

  #onReport({ node, boot, seq, holder, holds }: AnswerReport): void {
    const { state, election, nowMs } = this;
    const peer = election.peers.get(node);
    const isNow = peer?.boot === boot && Math.abs(seq - peer.newest) <= reportWithinFrames;
    if (!isNow || !isMutual(election, peer, nowMs)) return;
    for (const { address, term } of holds) {
      if (holder === election.node) {
        hearOfUs(this, node, address, term);
        continue;
      }
      const hold = state.watched.get(address);
      if (hold?.holder !== holder || hold.term !== term) continue;
      noteSilent(this, address, holder);
      // Whoever hears it looks for itself.
      const isBusy = hold.asked || hold.misses > 0 || hold.askAtMs <= nowMs;
      if (!isBusy) state.watched.set(address, { ...hold, askAtMs: nowMs });
    }
  }

  #fault(
    fault: AnswerFault,
    address: string,
    { holder: node, mac }: Pick<WatchedHold, 'holder' | 'mac'>,
    now: boolean,
  ): void {
    const isTeller = this.#isTeller(address, node);
    this.effects.push({ kind: 'fault', fault, address, node, mac, now, isTeller });
  }

  /** Of those who hear us and neither hold the address nor answer wrongly the first: one tells for all. */
  #isTeller(address: string, wrong: NodeId): boolean {
    const { election, nowMs, state } = this;
    const holder = state.watched.get(address)?.holder;
    for (const [node, peer] of election.peers) {
      if (node === wrong || node === holder || node > election.node) continue;
      if (isMutual(election, peer, nowMs)) return false;
    }
    return true;
  }
}
