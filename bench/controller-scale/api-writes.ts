import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** How often each kind of object was written, such as `services/status` → 2000. */
export type WriteCounts = ReadonlyMap<string, number>;

/** Counts the writes of some users from kube-apiserver's own audit log: of all kinds of objects, events and Leases too. */
export class ApiWrites {
  /** For kube-apiserver. */
  readonly serverArgs: readonly string[];
  readonly #log: string;
  readonly #user: string;

  /** Further users are counted where {@link read} is given their name. */
  constructor(folder: string, user: string, ...others: readonly string[]) {
    const policy = path.join(folder, 'audit-policy.json');
    this.#log = path.join(folder, 'audit.log');
    this.#user = user;
    writeFileSync(policy, JSON.stringify(policyFor([user, ...others])));
    this.serverArgs = [
      `--audit-policy-file=${policy}`,
      `--audit-log-path=${this.#log}`,
      '--audit-log-mode=blocking',
    ];
  }

  /** All successful and refused writes of a user so far. */
  read(of: string = this.#user): WriteCounts {
    const counts = new Map<string, number>();
    for (const line of readFileSync(this.#log, 'utf8').split('\n')) {
      if (line === '') continue;
      const { user, objectRef } = JSON.parse(line) as AuditEvent;
      if (user.username !== of) continue;
      const kind = [objectRef.resource, objectRef.subresource].filter(Boolean).join('/');
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    return counts;
  }
}

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly objectRef: { readonly resource: string; readonly subresource?: string };
}

/** What was written between two readings. */
export function writesBetween(before: WriteCounts, after: WriteCounts): WriteCounts {
  return new Map(
    [...after].flatMap(([kind, count]) => {
      const more = count - (before.get(kind) ?? 0);
      return more === 0 ? [] : [[kind, more] as const];
    }),
  );
}

/** The sum over all kinds that are not left out. */
export function total(counts: WriteCounts, except: readonly string[] = []): number {
  return [...counts].reduce((sum, [kind, count]) => (except.includes(kind) ? sum : sum + count), 0);
}

function policyFor(users: readonly string[]): object {
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [
      {
        level: 'Metadata',
        users,
        verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
      },
      { level: 'None' },
    ],
  };
}
