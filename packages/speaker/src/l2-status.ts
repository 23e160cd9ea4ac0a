import { createHash } from 'node:crypto';
import {
  apiVersionOf,
  LABEL,
  ServiceL2StatusResource,
  type Labels,
  type ServiceL2StatusStatus,
} from '@picluster/api';

/** The Pod that a speaker runs in: what it says goes with it. */
export interface OwnerPod {
  readonly name: string;
  readonly uid: string;
}

/** Who writes. */
export interface L2StatusAuthor {
  readonly node: string;
  /** Absent: the speaker runs in no Pod, and clears away itself. */
  readonly owner?: OwnerPod | undefined;
}

/** What is kept of a ServiceL2Status. */
export interface L2StatusView {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** `namespace/name`, by its labels; empty where it has none. */
  readonly service: string;
  /** By its labels. */
  readonly node: string;
  /** UIDs of its owners. */
  readonly owners: readonly string[];
  readonly status: ServiceL2StatusStatus;
}

/** One write to the API. */
export type L2StatusStep =
  | {
      readonly do: 'create';
      readonly manifest: object;
      /** Goes into the status afterwards: a create drops it. */
      readonly status: ServiceL2StatusStatus;
    }
  | {
      readonly do: 'change';
      readonly name: string;
      readonly resourceVersion: string;
      /** Absent: right already. */
      readonly metadata?: object;
      readonly status?: ServiceL2StatusStatus;
    }
  | { readonly do: 'delete'; readonly name: string; readonly uid: string };

/** What there is to decide on, of one Service. */
export interface L2StatusSituation {
  /** `namespace/name`. */
  readonly service: string;
  /** The interfaces that this node announces it on; `undefined`: it does not. */
  readonly interfaces: readonly string[] | undefined;
  /** All objects that speak of the Service, and the one that bears our name whatever it says. */
  readonly objects: readonly L2StatusView[];
  /** This node has only just begun to announce it: what other nodes said before is over. */
  readonly takenOver: boolean;
}

interface RawL2Status {
  readonly metadata?: {
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Labels;
    readonly ownerReferences?: readonly { readonly uid?: string }[];
  };
  readonly status?: ServiceL2StatusStatus;
}

/** Keeps of a ServiceL2Status what is used. */
export function viewL2Status(raw: unknown): L2StatusView {
  const { metadata = {}, status = {} } = raw as RawL2Status;
  const { labels = {}, ownerReferences = [] } = metadata;
  const name = labels[LABEL.STATUS_SERVICE_NAME];
  const namespace = labels[LABEL.STATUS_SERVICE_NAMESPACE];
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    service: name === undefined || namespace === undefined ? '' : `${namespace}/${name}`,
    node: labels[LABEL.NODE] ?? '',
    owners: ownerReferences.map(({ uid = '' }) => uid),
    status,
  };
}

/**
 * The name of the object in which a node speaks of a Service. It follows from the two, so that a create that was answered too late is
 * not done twice.
 */
export function l2StatusName(service: string, node: string): string {
  const hash = createHash('sha256').update(`${service}@${node}`).digest('hex');
  return `l2-${hash.slice(0, 16)}`;
}

/**
 * What to write about one Service, nothing where all is right. A node speaks for itself alone: it removes its own object when it stops,
 * objects of its own under other names always, and those of others once, when it takes the Service over: so the word of a dead node goes, and
 * that of one that announces on another interface or another address comes back and stays.
 */
export function planL2Status(
  { service, interfaces, objects, takenOver }: L2StatusSituation,
  author: L2StatusAuthor,
): L2StatusStep[] {
  const ownName = l2StatusName(service, author.node);
  const own = objects.find(({ name }) => name === ownName);
  const isStale = ({ name, node }: L2StatusView): boolean =>
    name === ownName
      ? interfaces === undefined
      : node === author.node || (takenOver && interfaces !== undefined);
  const steps: L2StatusStep[] = objects
    .filter(isStale)
    .map(({ name, uid }) => ({ do: 'delete', name, uid }));
  if (interfaces === undefined) return steps;
  const metadata = metadataOf(service, author);
  const status = statusOf(service, author.node, interfaces);
  if (own === undefined) {
    const { kind } = ServiceL2StatusResource;
    const apiVersion = apiVersionOf(ServiceL2StatusResource);
    const manifest = { apiVersion, kind, metadata: { ...metadata, name: ownName } };
    return [...steps, { do: 'create', manifest, status }];
  }
  const change = {
    ...(isOurs(own, service, author) ? {} : { metadata }),
    ...(sameStatus(own.status, status) ? {} : { status }),
  };
  if (Object.keys(change).length === 0) return steps;
  const { resourceVersion } = own;
  return [...steps, { do: 'change', name: ownName, resourceVersion, ...change }];
}

function metadataOf(service: string, { node, owner }: L2StatusAuthor): object {
  const [namespace = '', name = ''] = service.split('/');
  const labels = {
    [LABEL.NODE]: node,
    [LABEL.STATUS_SERVICE_NAME]: name,
    [LABEL.STATUS_SERVICE_NAMESPACE]: namespace,
  };
  if (owner === undefined) return { labels };
  return { labels, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', ...owner }] };
}

function statusOf(
  service: string,
  node: string,
  interfaces: readonly string[],
): ServiceL2StatusStatus {
  const [serviceNamespace = '', serviceName = ''] = service.split('/');
  return {
    node,
    serviceName,
    serviceNamespace,
    interfaces: interfaces.map((name) => ({ name })),
  };
}

function isOurs(view: L2StatusView, service: string, { node, owner }: L2StatusAuthor): boolean {
  const owned = owner === undefined || (view.owners.length === 1 && view.owners[0] === owner.uid);
  return view.service === service && view.node === node && owned;
}

function sameStatus(one: ServiceL2StatusStatus, other: ServiceL2StatusStatus): boolean {
  const namesOf = ({ interfaces = [] }: ServiceL2StatusStatus): string =>
    JSON.stringify(interfaces.map(({ name }) => name));
  return (
    one.node === other.node &&
    one.serviceName === other.serviceName &&
    one.serviceNamespace === other.serviceNamespace &&
    namesOf(one) === namesOf(other)
  );
}
