import {
  commonFlags,
  durationFlag,
  leaseFlags,
  stateDirFlag,
  stringFlag,
  type Flag,
} from '@picluster/daemon';

/** All flags of the controller; durations in milliseconds. */
export type ControllerFlags = ReturnType<typeof commonFlags> &
  ReturnType<typeof leaseFlags> & {
    readonly 'lb-class': Flag<string | undefined>;
    readonly 'address-hold': Flag<number>;
    readonly 'state-dir': Flag<string | undefined>;
  };

/** All flags of the controller. The lease timings are client-go's, with its names and defaults. */
export const controllerFlags: ControllerFlags = {
  ...commonFlags({ metrics: 9120, health: 17_472 }),
  'lb-class': stringFlag({
    about:
      'Only Services with this spec.loadBalancerClass get addresses. Absent: those without one.',
    env: 'PICLUSTER_LB_CLASS',
    optional: true,
  }),
  'address-hold': durationFlag({
    about:
      'How long the addresses of a deleted Service are kept for one of the same name: others get them only by asking, or when the pool has no other. 0: not at all.',
    env: 'PICLUSTER_ADDRESS_HOLD',
    fallback: '60s',
    minMs: 0,
  }),
  'state-dir': stateDirFlag,
  ...leaseFlags({
    leaseDuration:
      'How long another controller waits before it takes over from one that does not renew.',
    renewDeadline: 'How long this controller writes after the last renewal that succeeded.',
    retryPeriod:
      'The pause between two renewals, and between two looks at a Lease that another controller has.',
  }),
};
