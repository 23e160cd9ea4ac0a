/** One fault of a schedule. Fields that a kind does not need are drawn and ignored, so that dropping one fault moves no other. */
export interface Fault {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly forMs: number;
  readonly node: number;
  readonly other: number;
  /** For a partition: the nodes of one side, as bits, and for how much longer one direction stays cut after the heal. */
  readonly side: number;
  readonly oneWayMs: number;
  readonly address: number;
}

export type FaultKind =
  /** Frames from `node` to `other` are lost. */
  | 'one-way'
  | 'partition'
  | 'link-down'
  /** The node receives nothing; what it sends arrives. */
  | 'deaf'
  | 'mute'
  | 'freeze'
  /** With a restart afterwards. */
  | 'crash'
  /** A clean stop with a restart afterwards. */
  | 'stop'
  /** Another process goes on in its place, after a while in which neither reads nor answers. */
  | 'succeed'
  /** The node is no candidate for an address any more. */
  | 'resign'
  | 'api-cut'
  | 'api-slow'
  /** No frame of anybody arrives. */
  | 'all-lost'
  /** Somebody sends recorded frames of all nodes again. */
  | 'replay';

const kinds: readonly FaultKind[] = [
  'one-way',
  'one-way',
  'partition',
  'link-down',
  'deaf',
  'mute',
  'freeze',
  'freeze',
  'freeze',
  'crash',
  'stop',
  'succeed',
  'succeed',
  'resign',
  'api-cut',
  'api-slow',
  'all-lost',
  'replay',
];

/** Draws the faults of a schedule; `dense`: in quick succession. */
export function drawFaults(
  random: () => number,
  options: {
    readonly nodes: number;
    readonly addresses: number;
    readonly lengthMs: number;
    readonly dense: boolean;
  },
): Fault[] {
  const faults: Fault[] = [];
  const between = (least: number, most: number): number => least + random() * (most - least);
  const below = (count: number): number => Math.floor(random() * count);
  const gapMs = (): number => (options.dense ? between(5, 350) : between(20, 1400));
  for (let atMs = gapMs(); atMs < options.lengthMs; atMs += gapMs()) {
    const kind = kinds[below(kinds.length)] ?? 'freeze';
    const short = random() < 1 / 3;
    const lengthMs = options.dense ? between(50, 1300) : between(10, short ? 900 : 4000);
    const node = below(options.nodes);
    const shift = 1 + below(Math.max(1, options.nodes - 1));
    faults.push({
      kind,
      atMs,
      forMs: kind === 'all-lost' ? Math.min(lengthMs, between(10, 700)) : lengthMs,
      node,
      other: (node + shift) % options.nodes,
      side: below(2 ** options.nodes),
      oneWayMs: random() < 1 / 3 ? between(100, 3000) : 0,
      address: below(options.addresses),
    });
  }
  return faults;
}
