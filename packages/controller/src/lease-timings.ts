import { completeOptions, LeaderElectionError } from '@picluster/leader-election';

/** How the Lease is held, in milliseconds. */
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
    for (const [name, flag] of Object.entries(FLAG_OF))
      message = message.replaceAll(name, `${flag} in ms`);
    throw new Error(message, { cause: error });
  }
  return timings;
}
