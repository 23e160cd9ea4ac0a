// Our elector as a process of its own, so that the test can kill and freeze it. Says what client-go's elector in ../kubernetes/elector.go
// says: a line for each change, time first. Also a line for each act, which only a valid term may do.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { connect, KubeLeaseLock, systemClock, systemRandom } from '@picluster/kube';
import { LeaderElector, type Term } from '@picluster/leader-election';

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    name: { type: 'string', default: '' },
    identity: { type: 'string', default: '' },
    'lease-duration-ms': { type: 'string', default: '' },
    'renew-deadline-ms': { type: 'string', default: '' },
    'retry-period-ms': { type: 'string', default: '' },
  },
});

function say(...words: readonly unknown[]): void {
  process.stdout.write(`${new Date().toISOString()} ${words.join(' ')}\n`);
}

const actPeriodMs = 20;
const client = connect({ kubeconfig: values.kubeconfig, userAgent: 'picluster-elector-test' });
const lock = new KubeLeaseLock({ client }, { namespace: 'default', name: values.name });
const elector = new LeaderElector(
  { lock, clock: systemClock, random: systemRandom },
  {
    identity: values.identity,
    leaseDurationMs: Number(values['lease-duration-ms']),
    renewDeadlineMs: Number(values['renew-deadline-ms']),
    retryPeriodMs: Number(values['retry-period-ms']),
    onNewLeader: (holder) => say('observed', holder),
  },
);

/** The work of a leader: something every 20 ms, each time only after a look at the term. */
function lead(term: Term): void {
  say('leading', term.token);
  const acts = setInterval(() => {
    if (term.valid()) say('acting', term.token);
  }, actPeriodMs);
  term.signal.addEventListener('abort', () => {
    clearInterval(acts);
    say('stopped', (term.signal.reason as { code: string }).code);
  });
}

const stopper = new AbortController();
process.once('SIGTERM', () => stopper.abort());
await elector.run(lead, stopper.signal);
await client.close();
