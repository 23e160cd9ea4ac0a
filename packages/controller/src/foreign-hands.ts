import type { Ipam } from '@picluster/ipam';
import type { Verdict } from '@picluster/api';
import { keyOfService, type ServiceView } from './service-view.ts';

/** So often our addresses may be replaced before we give way. */
const REPLACED_MAX = 2;
/** So often we write a condition on a Service that another controller serves: it may overwrite that too. */
const NOTES_MAX = 3;
/** Set by Kubernetes' cloud controllers, and so by K3s' ServiceLB, on the Services that they serve. */
const CLOUD_FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';

interface Contest {
  readonly uid: string;
  /** A change of the Service's spec begins anew: whoever changed it may have settled the matter. */
  readonly generation: number | undefined;
  /** Whether the Service showed our addresses since they were last replaced. */
  shown: boolean;
  replaced: number;
  notes: number;
}

/**
 * Recognises another controller that writes the status of the same Service: what we wrote was replaced by addresses that no pool of ours has, twice. From then on we write
 * no addresses on it, until it shows none of theirs any more, or its spec changes, or we start anew.
 */
export class ForeignHands {
  readonly #contests = new Map<string, Contest>();

  /** Looks at a Service before anything is decided on it. True: another controller serves it, and we do not. */
  serve(service: ServiceView, ipam: Ipam): boolean {
    const key = keyOfService(service);
    const held = ipam.allocationOf(key);
    let contest = this.#contests.get(key);
    const { uid, generation } = service;
    if (contest !== undefined && (contest.uid !== uid || contest.generation !== generation)) {
      this.#contests.delete(key);
      contest = undefined;
    }
    if (service.type !== 'LoadBalancer' || held === undefined) return false;
    const isForeign =
      service.ingress.length > 0 &&
      service.ingress.every(({ ip }) => ip === '' || ipam.poolOf(ip) === undefined);
    if (!isForeign) {
      const isOurs = service.ingress.some(({ ip }) => held.addresses.includes(ip));
      if (isOurs && contest !== undefined) {
        contest.shown = true;
        if (contest.replaced >= REPLACED_MAX) this.#contests.delete(key);
      }
      return false;
    }
    contest ??= { uid, generation, shown: true, replaced: 0, notes: 0 };
    this.#contests.set(key, contest);
    if (contest.shown) contest.replaced++;
    contest.shown = false;
    return contest.replaced >= REPLACED_MAX;
  }

  /** Our addresses were written on the Service. */
  wrote(key: string): void {
    const contest = this.#contests.get(key);
    if (contest !== undefined) contest.shown = true;
  }

  /** Whether a condition may be written on a Service that another serves, and counts it. */
  mayNote(key: string): boolean {
    const contest = this.#contests.get(key);
    return contest !== undefined && contest.notes++ < NOTES_MAX;
  }

  /** The Service is gone. */
  forget(key: string): void {
    this.#contests.delete(key);
  }
}

/** What is to be said on a Service that another controller serves. */
export function foreignVerdict(service: ServiceView, ours: readonly string[]): Verdict {
  const { statusManagers, finalizers } = service;
  const who =
    statusManagers.length === 0
      ? 'another controller'
      : `another controller (${statusManagers.map((name) => `"${name}"`).join(', ')})`;
  const theirs = service.ingress.map(({ ip, hostname }) => (ip === '' ? hostname : ip)).join(', ');
  const hint = finalizers.includes(CLOUD_FINALIZER)
    ? `its finalizer ${CLOUD_FINALIZER} is that of a cloud controller, such as K3s ServiceLB: turn that off (k3s server --disable=servicelb), or give the Service a spec.loadBalancerClass and the controller the same --lb-class`
    : 'turn it off for this Service, or give the Service a spec.loadBalancerClass and the controller the same --lb-class';
  return {
    status: 'False',
    reason: 'ForeignController',
    message: `${who} writes the status of this Service: it put ${theirs}, which no pool has, in place of ${ours.join(', ')}, and is not fought; ${hint}`,
  };
}
