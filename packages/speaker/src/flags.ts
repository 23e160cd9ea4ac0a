import { commonFlags, leaseFlags, stringFlag } from '@picluster/daemon';

/** All flags of the speaker. The lease timings are client-go's, with its names and defaults. */
export const speakerFlags = {
  ...commonFlags({ metrics: 9120, health: 17_472 }),
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
  ...leaseFlags({
    leaseDuration:
      'How long other speakers wait before they take over an address that is not renewed.',
    renewDeadline:
      'How long this speaker answers for an address after the last renewal that succeeded.',
    retryPeriod:
      'The pause between two renewals, and between two looks at an address that another speaker has.',
  }),
} as const;
