import { createHash } from 'node:crypto';
import {
  apiVersionOf,
  LABEL,
  ServiceBGPStatusResource,
  ServiceL2StatusResource,
  type Labels,
  type Resource,
  type ServiceBGPStatusStatus,
  type ServiceL2StatusStatus,
} from '@picluster/api';
import { sharedList, sharedText } from './shared.ts';

/** One of the kinds in which a node says that it announces a Service, and where. */
export interface ServiceStatusKind {
  readonly resource: Resource;
  /** What names of its objects begin with. */
  readonly prefix: string;
  /** One node at a time announces: what others said is over when this node begins. */
  readonly exclusive: boolean;
  /** Where it is announced, as the status has it. */
  readonly write: (where: readonly string[]) => object;
  /** The reverse. */
  readonly read: (status: object) => readonly string[];
}

/** Which interfaces a Service is announced on. */
export const L2_STATUS: ServiceStatusKind = {
  resource: ServiceL2StatusResource,
  prefix: 'l2',
  exclusive: true,
  write: (where) => ({ interfaces: where.map((name) => ({ name })) }),
  read: ({ interfaces = [] }: ServiceL2StatusStatus) => interfaces.map(({ name = '' }) => name),
};

/** Which BGPPeers a Service is announced to. */
export const BGP_STATUS: ServiceStatusKind = {
  resource: ServiceBGPStatusResource,
  prefix: 'bgp',
  exclusive: false,
  write: (peers) => ({ peers }),
  read: ({ peers = [] }: ServiceBGPStatusStatus) => peers,
};

/** The Pod that a speaker runs in: what it says goes with it. */
export interface OwnerPod {
  readonly name: string;
  readonly uid: string;
}

/** Who writes. */
export interface ServiceStatusAuthor {
  readonly kind: ServiceStatusKind;
  readonly node: string;
  /** Absent: the speaker runs in no Pod, and clears away itself. */
  readonly owner?: OwnerPod | undefined;
}

/** What is kept of an object, by its name. Flat, as there may be thousands. */
export interface ServiceStatusView {
  readonly uid: string;
  readonly resourceVersion: string;
  /** `namespace/name`, by its labels; empty where it has none. */
  readonly service: string;
  /** By its labels. */
  readonly node: string;
  /** UIDs of its owners. */
  readonly owners: readonly string[];
  /** What its status says: of which Service, which node, and where. */
  readonly saidService: string;
  readonly saidNode: string;
  readonly saidWhere: readonly string[];
}

/** An object with its name. */
export interface NamedServiceStatus extends ServiceStatusView {
  readonly name: string;
}

/** One write to the API. */
export type ServiceStatusStep =
  | {
      readonly do: 'create';
      readonly manifest: object;
      /** Goes into the status afterwards: a create drops it. */
      readonly status: object;
    }
  | {
      readonly do: 'change';
      readonly name: string;
      readonly resourceVersion: string;
      /** Absent: right already. */
      readonly metadata?: object;
      readonly status?: object;
    }
  | { readonly do: 'delete'; readonly name: string; readonly uid: string };

/** What there is to decide on, of one Service. */
export interface ServiceStatusSituation {
  /** `namespace/name`. */
  readonly service: string;
  /** Where this node announces it, as interfaces or BGPPeers; `undefined`: it does not. */
  readonly where: readonly string[] | undefined;
  /** All objects that speak of the Service, and the one that bears our name whatever it says. */
  readonly objects: readonly NamedServiceStatus[];
  /** This node has only just begun to announce it: what other nodes said before is over. */
  readonly takenOver: boolean;
}

interface RawStatus {
  readonly metadata?: {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Labels;
    readonly ownerReferences?: readonly { readonly uid?: string }[];
  };
  readonly status?: {
    readonly node?: string;
    readonly serviceName?: string;
    readonly serviceNamespace?: string;
  };
}

/** Keeps of an object what is used. */
export function viewServiceStatus(raw: unknown, kind: ServiceStatusKind): ServiceStatusView {
  const { metadata = {}, status = {} } = raw as RawStatus;
  const { labels = {}, ownerReferences = [] } = metadata;
  const name = labels[LABEL.STATUS_SERVICE_NAME];
  const namespace = labels[LABEL.STATUS_SERVICE_NAMESPACE];
  const service = name === undefined || namespace === undefined ? '' : [namespace, name].join('/');
  const said = [status.serviceNamespace, status.serviceName].join('/');
  return {
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    service,
    node: sharedText(labels[LABEL.NODE] ?? ''),
    owners: sharedList(ownerReferences.map(({ uid = '' }) => uid)),
    // One text of the two, which are the same but for a moment.
    saidService: said === service ? service : said,
    saidNode: sharedText(status.node ?? ''),
    saidWhere: sharedList(kind.read(status)),
  };
}

/**
 * The name of the object in which a node speaks of a Service. It follows from the two, so that a create that was answered too late is
 * not done twice.
 */
export function serviceStatusName(
  service: string,
  { kind, node }: Pick<ServiceStatusAuthor, 'kind' | 'node'>,
): string {
  const hash = createHash('sha256').update(`${service}@${node}`).digest('hex');
  return `${kind.prefix}-${hash.slice(0, 16)}`;
}

/**
 * What to write about one Service, nothing where all is right. A node speaks for itself alone: it removes its own object when it stops,
 * objects of its own under other names always, and, where one node at a time announces, those of others once, when it takes the Service over: so the word of a dead node goes, and
 * that of one that announces on another interface or another address comes back and stays.
 */
export function planServiceStatus(
  { service, where, objects, takenOver }: ServiceStatusSituation,
  author: ServiceStatusAuthor,
): ServiceStatusStep[] {
  const ownName = serviceStatusName(service, author);
  const { resource, exclusive, write } = author.kind;
  const own = objects.find(({ name }) => name === ownName);
  const isStale = ({ name, node }: NamedServiceStatus): boolean =>
    name === ownName
      ? where === undefined
      : node === author.node || (exclusive && takenOver && where !== undefined);
  const steps: ServiceStatusStep[] = objects
    .filter(isStale)
    .map(({ name, uid }) => ({ do: 'delete', name, uid }));
  if (where === undefined) return steps;
  const metadata = metadataOf(service, author);
  const [serviceNamespace = '', serviceName = ''] = service.split('/');
  const status = { node: author.node, serviceName, serviceNamespace, ...write(where) };
  if (own === undefined) {
    const apiVersion = apiVersionOf(resource);
    const manifest = { apiVersion, kind: resource.kind, metadata: { ...metadata, name: ownName } };
    return [...steps, { do: 'create', manifest, status }];
  }
  const change = {
    ...(isOurs(own, service, author) ? {} : { metadata }),
    ...(says(own, service, author.node, where) ? {} : { status }),
  };
  if (Object.keys(change).length === 0) return steps;
  const { resourceVersion } = own;
  return [...steps, { do: 'change', name: ownName, resourceVersion, ...change }];
}

function metadataOf(service: string, { node, owner }: ServiceStatusAuthor): object {
  const [namespace = '', name = ''] = service.split('/');
  const labels = {
    [LABEL.NODE]: node,
    [LABEL.STATUS_SERVICE_NAME]: name,
    [LABEL.STATUS_SERVICE_NAMESPACE]: namespace,
  };
  if (owner === undefined) return { labels };
  return { labels, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', ...owner }] };
}

function isOurs(
  view: ServiceStatusView,
  service: string,
  { node, owner }: ServiceStatusAuthor,
): boolean {
  const owned = owner === undefined || (view.owners.length === 1 && view.owners[0] === owner.uid);
  return view.service === service && view.node === node && owned;
}

function says(
  view: ServiceStatusView,
  service: string,
  node: string,
  where: readonly string[],
): boolean {
  const { saidService, saidNode, saidWhere } = view;
  const isThere = JSON.stringify(saidWhere) === JSON.stringify(where);
  return saidService === service && saidNode === node && isThere;
}
