import { commonFlags, durationFlag, stringFlag, type Flag } from '@picluster/daemon';

/** All flags of the controller; durations in milliseconds. */
export type ControllerFlags = ReturnType<typeof commonFlags> & {
  readonly 'lb-class': Flag<string | undefined>;
  readonly 'lease-duration': Flag<number>;
  readonly 'renew-deadline': Flag<number>;
  readonly 'retry-period': Flag<number>;
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
  'lease-duration': durationFlag({
    about:
      'How long another controller waits before it takes over from one that does not renew. Whole seconds.',
    env: 'PICLUSTER_LEASE_DURATION',
    fallback: '15s',
    minMs: 1000,
  }),
  'renew-deadline': durationFlag({
    about: 'How long this controller writes after the last renewal that succeeded.',
    env: 'PICLUSTER_RENEW_DEADLINE',
    fallback: '10s',
    minMs: 1,
  }),
  'retry-period': durationFlag({
    about:
      'The pause between two renewals, and between two looks at a Lease that another controller has.',
    env: 'PICLUSTER_RETRY_PERIOD',
    fallback: '2s',
    minMs: 1,
  }),
};
