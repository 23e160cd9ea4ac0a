import type { Metrics } from '@picluster/daemon';
import type { ElectionEffect, ElectionState, L2ElectionMetrics } from '@picluster/l2-election';

/** What the strategy `wire` counts. */
export interface WireMetrics {
  /** For the election on an interface, whose state `state` gives. */
  election(interfaceName: string, state: () => ElectionState): L2ElectionMetrics;
  /** The election on an interface ended. */
  forget(interfaceName: string): void;
  /** These speakers, and no others, are shown alive by the API and not heard on the interface. */
  unheard(interfaceName: string, nodeNames: readonly string[]): void;
}

/** Makes the metrics of the strategy in the registry of the daemon. */
export function createWireMetrics(metrics: Metrics, clock: { nowMs(): number }): WireMetrics {
  const peers = metrics.gauge(
    'picluster_l2_peers',
    'Speakers that this one knows on the segment: heard of lately, or not any more.',
    ['interface', 'state'],
  );
  const missed = metrics.gauge(
    'picluster_l2_speaker_unheard',
    '1 for each speaker that is not heard on the segment, and that lives as the API shows, or others that hear it.',
    ['interface', 'node'],
  );
  let missedNow: readonly { readonly interface: string; readonly node: string }[] = [];
  const gap = metrics.gauge(
    'picluster_l2_longest_gap_seconds',
    'The longest time without a sign of life of a peer that was alive again afterwards, since the start.',
    ['interface'],
  );
  const sent = metrics.counter('picluster_l2_heartbeats_sent_total', 'Heartbeats sent.', [
    'interface',
  ]);
  const bytes = metrics.counter(
    'picluster_l2_heartbeat_bytes_sent_total',
    'Bytes of the heartbeats sent.',
    ['interface'],
  );
  const refused = metrics.counter(
    'picluster_l2_heartbeats_refused_total',
    'Frames of our EtherType that changed nothing, by reason.',
    ['interface', 'reason'],
  );
  const claims = metrics.counter(
    'picluster_l2_claims_total',
    'Claims to an address, by how they ended: claimed and given are won.',
    ['interface', 'outcome'],
  );
  const losses = metrics.counter(
    'picluster_l2_losses_total',
    'Addresses that this node stopped answering for, by reason.',
    ['interface', 'reason'],
  );
  const failover = metrics.counter(
    'picluster_l2_failover_seconds_total',
    'Time that takeovers took: from the last sign of life of the holder to the claim, and from the claim to the answer.',
    ['interface', 'phase'],
  );
  const failovers = metrics.counter(
    'picluster_l2_failovers_total',
    'Addresses taken over from a node that was not heard of any more.',
    ['interface'],
  );
  return {
    election: (interfaceName, state) => {
      const labels = { interface: interfaceName };
      const gaps = new GapWatch();
      const takeovers = new TakeoverWatch();
      const told = { heard: -1, unheard: -1, gapMs: -1 };
      return {
        frameSent: (length) => {
          sent.inc(labels);
          bytes.inc(labels, length);
        },
        frameRefused: (reason) => refused.inc({ ...labels, reason }),
        effect: (effect) => {
          if (effect.kind === 'gained') claims.inc({ ...labels, outcome: effect.how });
          else if (effect.kind === 'claim-ended') claims.inc({ ...labels, outcome: effect.reason });
          else if (effect.kind === 'lost') losses.inc({ ...labels, reason: effect.reason });
          const now = state();
          const nowMs = clock.nowMs();
          if (effect.kind === 'send') {
            // Eight times a second, and mostly nothing new.
            const { heard, unheard } = countPeers(now, nowMs);
            const gapMs = gaps.see(now);
            if (heard !== told.heard) peers.set(heard, { ...labels, state: 'heard' });
            if (unheard !== told.unheard) peers.set(unheard, { ...labels, state: 'unheard' });
            if (gapMs !== told.gapMs) gap.set(gapMs / 1000, labels);
            Object.assign(told, { heard, unheard, gapMs });
          }
          const takeover = takeovers.see(effect, now, nowMs);
          if (takeover === undefined) return;
          failovers.inc(labels);
          failover.inc({ ...labels, phase: 'detect' }, takeover.detectMs / 1000);
          failover.inc({ ...labels, phase: 'claim' }, takeover.claimMs / 1000);
        },
      };
    },
    forget: (interfaceName) => {
      const labels = { interface: interfaceName };
      peers.remove({ ...labels, state: 'heard' });
      peers.remove({ ...labels, state: 'unheard' });
      gap.remove(labels);
    },
    unheard: (interfaceName, nodeNames) => {
      for (const labels of missedNow) missed.remove(labels);
      missedNow = nodeNames.map((node) => ({ interface: interfaceName, node }));
      for (const labels of missedNow) missed.set(1, labels);
    },
  };
}

function countPeers(state: ElectionState, nowMs: number): { heard: number; unheard: number } {
  let heard = 0;
  for (const { heardAtMs } of state.peers.values()) {
    if (nowMs - heardAtMs < state.timings.bindingMs) heard++;
  }
  return { heard, unheard: state.peers.size - heard };
}

/** The longest time between two signs of life of one boot of a peer. */
class GapWatch {
  readonly #last = new Map<string, { readonly boot: number; readonly atMs: number }>();
  #longestMs = 0;

  see({ peers }: ElectionState): number {
    for (const [node, { boot, evidenceAtMs }] of peers) {
      const last = this.#last.get(node);
      if (last?.boot === boot) {
        this.#longestMs = Math.max(this.#longestMs, evidenceAtMs - last.atMs);
      }
      this.#last.set(node, { boot, atMs: evidenceAtMs });
    }
    return this.#longestMs;
  }
}

/** Follows claims from the death of the holder to the answer. */
class TakeoverWatch {
  readonly #begun = new Map<string, { readonly atMs: number; readonly detectMs: number }>();

  see(
    effect: ElectionEffect,
    state: ElectionState,
    nowMs: number,
  ): { readonly detectMs: number; readonly claimMs: number } | undefined {
    if (effect.kind === 'claiming') {
      for (const { entries, evidenceAtMs, leaving } of state.peers.values()) {
        const held = entries.get(effect.address)?.some(({ kind }) => kind === 'hold') === true;
        if (held && !leaving) {
          this.#begun.set(effect.address, { atMs: nowMs, detectMs: nowMs - evidenceAtMs });
        }
      }
    } else if (effect.kind === 'claim-ended') {
      this.#begun.delete(effect.address);
    } else if (effect.kind === 'gained') {
      const begun = this.#begun.get(effect.address);
      this.#begun.delete(effect.address);
      if (begun !== undefined) return { detectMs: begun.detectMs, claimMs: nowMs - begun.atMs };
    }
    return undefined;
  }
}
