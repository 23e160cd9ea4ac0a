import {
  commonFlags,
  leaseFlags,
  stringFlag,
  wholeNumberFlag,
  type Flag,
} from '@picluster/daemon/command-line';
import { EXCLUDED_INTERFACES_FILE } from './excluded-interfaces.ts';

/** Where it is settled which node answers for an address. */
const L2_STRATEGIES = ['wire', 'lease'] as const;

/** How fast heartbeats go. */
const L2_TIMINGS = ['wired', 'wifi'] as const;

/** A flag that takes one of a few words, the first where it is absent. */
function choiceFlag<Word extends string>(
  about: string,
  env: string,
  words: readonly [Word, ...Word[]],
): Flag<Word> {
  return {
    about,
    env: [env],
    fallback: words[0],
    placeholder: words.join('|'),
    parse: (text) => {
      const value = words.find((word) => word === text);
      return value === undefined ? { expected: `one of ${words.join(', ')}` } : { value };
    },
  };
}

const strictMembersFlag: Flag<number> = {
  about:
    'The number of nodes that run a speaker, at least 3: then only a side of a split network that has more than half of them answers. 0: each side answers for itself.',
  env: ['PICLUSTER_L2_STRICT_MEMBERS'],
  fallback: '0',
  placeholder: 'number',
  parse: (text) => {
    const value = Number(text);
    const isRight = /^\d+$/.test(text) && (value === 0 || value >= 3);
    return isRight ? { value } : { expected: '0 or a whole number from 3 on' };
  },
};

const ignoreExcludeLabelFlag: Flag<boolean> = {
  about:
    'Nodes answer although they bear the label node.kubernetes.io/exclude-from-external-load-balancers. For clusters where every node does.',
  env: ['PICLUSTER_IGNORE_EXCLUDE_LB', 'METALLB_IGNORE_EXCLUDE_LB'],
  fallback: 'false',
  placeholder: 'true|false',
  parse: (text) =>
    text === 'true' || text === 'false'
      ? { value: text === 'true' }
      : { expected: 'true or false' },
};

/** All flags of the speaker. The lease timings are client-go's, with its names and defaults; they count under the strategy `lease`. */
export const speakerFlags = {
  ...commonFlags({ metrics: 9120, health: 17_472 }),
  'startup-port': wholeNumberFlag({
    about:
      'Says for a while after the start, by HTTP on any path, whether this speaker could go on in the place of another on its node; 0: never.',
    env: 'PICLUSTER_STARTUP_PORT',
    fallback: '17473',
    min: 0,
    max: 65_535,
    placeholder: 'port',
  }),
  'node-name': stringFlag({
    about: 'Name of the Node that this speaker runs on.',
    env: ['PICLUSTER_NODE_NAME', 'METALLB_NODE_NAME'],
  }),
  'lb-class': stringFlag({
    about:
      'Only Services with this spec.loadBalancerClass are announced. Absent: those without one.',
    env: 'PICLUSTER_LB_CLASS',
    optional: true,
  }),
  'ignore-exclude-lb': ignoreExcludeLabelFlag,
  'exclude-l2-config': stringFlag({
    about:
      'File with patterns of interfaces that are none of ours, as MetalLB’s. Where there is no such file, its usual list counts.',
    env: 'PICLUSTER_EXCLUDE_L2_CONFIG',
    fallback: EXCLUDED_INTERFACES_FILE,
  }),
  'gratuitous-arp-interval': wholeNumberFlag({
    about:
      'How often the addresses of this node are announced again, in seconds, for switches and neighbours that forget them; 0: only when they come to it.',
    env: 'PICLUSTER_GRATUITOUS_ARP_INTERVAL',
    fallback: '0',
    min: 0,
    max: 86_400,
    placeholder: 'seconds',
  }),
  'pod-name': stringFlag({
    about: 'Name of the Pod that this speaker runs in: its ServiceL2Statuses go with it.',
    env: ['PICLUSTER_POD_NAME', 'METALLB_POD_NAME'],
    optional: true,
  }),
  'pod-uid': stringFlag({
    about: 'UID of that Pod.',
    env: 'PICLUSTER_POD_UID',
    optional: true,
  }),
  'l2-strategy': choiceFlag(
    'Where it is settled which node answers. wire: the speakers that hear each other on the LAN, in under a second and without the API server. lease: one Lease for each address, for networks where speakers cannot hear each other.',
    'PICLUSTER_L2_STRATEGY',
    L2_STRATEGIES,
  ),
  'l2-timings': choiceFlag(
    'The times of the strategy wire, the same on all nodes. wifi: slower, for segments with Wi-Fi between the nodes.',
    'PICLUSTER_L2_TIMINGS',
    L2_TIMINGS,
  ),
  'l2-strict-members': strictMembersFlag,
  ...leaseFlags({
    leaseDuration:
      'How long other speakers wait before they take over an address that is not renewed.',
    renewDeadline:
      'How long this speaker answers for an address after the last renewal that succeeded.',
    retryPeriod:
      'The pause between two renewals, and between two looks at an address that another speaker has.',
  }),
} as const;
