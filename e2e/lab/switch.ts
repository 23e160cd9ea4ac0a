import { run } from './run.ts';

const NETNS = 'lan';

/** What nodes sent to each other as heartbeats. */
export interface Traffic {
  readonly packets: number;
  /** With Ethernet headers, without preamble and checksum. */
  readonly bytes: number;
}

const ETHERNET_BYTES = 14;

/** Rules of nftables on the lab's switch. Each call of {@link disturb} replaces what was set before. */
export const theSwitch = {
  /** What of the traffic is lost. */
  disturb: async (faults: {
    /** Nodes whose frames do not reach the switch; their cables carry. */
    readonly mute?: readonly string[];
    /** Nodes that no frame reaches. */
    readonly deaf?: readonly string[];
    /** Matches, in nft's words: such frames go nowhere. */
    readonly filtered?: readonly string[];
    /** Nodes of which no frame reaches another of them, as behind an access point that isolates its clients; all others hear them. */
    readonly isolated?: readonly string[];
    /** Pairs of which the second gets no frame of the first. */
    readonly unheard?: readonly (readonly [from: string, to: string])[];
    /** Of the frames from one node or the control plane to another, so many per cent; the client's are spared. */
    readonly lossPercent?: number;
  }): Promise<void> => {
    const {
      mute = [],
      deaf = [],
      filtered = [],
      isolated = [],
      unheard = [],
      lossPercent = 0,
    } = faults;
    const among = `{ ${isolated.join(', ')} }`;
    const loss = `iifname != client oifname != client numgen random mod 100 < ${lossPercent} drop`;
    await set('faults', [
      chain(
        'prerouting',
        mute.map((name) => `iifname ${name} drop`),
      ),
      chain(
        'postrouting',
        deaf.map((name) => `oifname ${name} drop`),
      ),
      chain('forward', [
        ...filtered.map((match) => `${match} drop`),
        ...unheard.map(([from, to]) => `iifname ${from} oifname ${to} drop`),
        ...(isolated.length > 0 ? [`iifname ${among} oifname ${among} drop`] : []),
        ...(lossPercent > 0 ? [loss] : []),
      ]),
    ]);
  },

  heal: async (): Promise<void> => {
    await theSwitch.disturb({});
  },

  /** Lets a port have the multicasts of all groups. The lab's switch floods none, not even to all nodes, where announcements go. */
  giveAllMulticast: async (port: string): Promise<void> => {
    const words = ['ip', 'link', 'set', port, 'type', 'bridge_slave', 'mcast_flood', 'on'] as const;
    await run(words, { netns: NETNS });
  },

  /** Begins to count the frames that match, as they come in from the nodes. */
  count: async (nodes: readonly string[], matches: readonly string[]): Promise<void> => {
    const from = `iifname { ${nodes.join(', ')} }`;
    const rules = matches.map((match) => `${from} ${match} counter name heartbeats`);
    await set('counts', ['counter heartbeats { }', chain('prerouting', rules)]);
  },

  /** All that was counted so far. */
  counted: async (): Promise<Traffic> => {
    const words = ['nft', '--json', 'list', 'counter', 'bridge', 'counts', 'heartbeats'] as const;
    const { nftables } = JSON.parse(await run(words, { netns: NETNS })) as {
      nftables: readonly { counter?: Traffic }[];
    };
    const counter = nftables.find((each) => each.counter !== undefined)?.counter;
    if (counter === undefined) throw new Error('nft shows no counter');
    const { packets, bytes } = counter;
    return { packets, bytes: bytes + packets * ETHERNET_BYTES };
  },
} as const;

function chain(hook: string, rules: readonly string[]): string {
  return `chain ${hook} {\n type filter hook ${hook} priority 0\n ${rules.join('\n ')}\n}`;
}

async function set(table: string, parts: readonly string[]): Promise<void> {
  // Declared, deleted and made anew in one transaction: there is no moment without rules.
  const name = `table bridge ${table}`;
  const input = `${name}\ndelete ${name}\n${name} {\n${parts.join('\n')}\n}\n`;
  await run(['nft', '-f', '-'], { netns: NETNS, input });
}
