import { completeOptions, LeaderElectionError } from '@picluster/leader-election';
import { durationFlag, stringFlag, type Flag } from './flags.ts';

/** How a Lease is held, in milliseconds. */
export interface LeaseTimings {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** Flags by the name that the elector has for them. */
const FLAG_OF = {
  leaseDurationMs: '--lease-duration',
  renewDeadlineMs: '--renew-deadline',
  retryPeriodMs: '--retry-period',
} as const;

/** The three flags of a daemon that holds Leases: client-go's names and defaults. `about` says what each means to this daemon. */
export function leaseFlags(about: {
  readonly leaseDuration: string;
  readonly renewDeadline: string;
  readonly retryPeriod: string;
}): {
  readonly 'lease-duration': Flag<number>;
  readonly 'renew-deadline': Flag<number>;
  readonly 'retry-period': Flag<number>;
} {
  return {
    'lease-duration': durationFlag({
      about: `${about.leaseDuration} Whole seconds.`,
      env: 'PICLUSTER_LEASE_DURATION',
      fallback: '15s',
      minMs: 1000,
    }),
    'renew-deadline': durationFlag({
      about: about.renewDeadline,
      env: 'PICLUSTER_RENEW_DEADLINE',
      fallback: '10s',
      minMs: 1,
    }),
    'retry-period': durationFlag({
      about: about.retryPeriod,
      env: 'PICLUSTER_RETRY_PERIOD',
      fallback: '2s',
      minMs: 1,
    }),
  };
}

/** The flag for the folder of the {@link LifeSocket}. */
export const stateDirFlag: Flag<string | undefined> = stringFlag({
  about:
    'Folder that survives a restart of the container, such as an emptyDir: a restarted process sees there that its predecessor is dead, and takes its Lease at once. Absent: it waits for the Lease to run out.',
  env: 'PICLUSTER_STATE_DIR',
  optional: true,
});

/** Takes the timings from the flags. Throws where they do not fit together, naming the flags: each alone was checked before. */
export function leaseTimings(flags: {
  readonly 'lease-duration': number;
  readonly 'renew-deadline': number;
  readonly 'retry-period': number;
}): LeaseTimings {
  const timings = {
    leaseDurationMs: flags['lease-duration'],
    renewDeadlineMs: flags['renew-deadline'],
    retryPeriodMs: flags['retry-period'],
  };
  try {
    completeOptions({ identity: 'checked elsewhere', ...timings });
  } catch (error) {
    if (!(error instanceof LeaderElectionError)) throw error;
    let { message } = error;
    for (const [name, flag] of Object.entries(FLAG_OF)) {
      message = message.replaceAll(name, `${flag} in ms`);
    }
    throw new Error(message, { cause: error });
  }
  return timings;
}
