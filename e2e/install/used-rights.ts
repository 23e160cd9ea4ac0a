/** A rule of a Role or ClusterRole. */
interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** A Role or ClusterRole, as much of it as counts here. */
export interface RightsObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly PolicyRule[];
}

/** One line of the API server's audit log at the level Metadata. */
export interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One right: a verb on a resource, perhaps of one name, perhaps in one namespace. */
interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly name: string | undefined;
  /** `undefined`: in all of them, which a ClusterRole gives. */
  readonly namespace: string | undefined;
}

/** The events of a log file: one JSON object a line. */
export function readAuditLog(text: string): readonly AuditEvent[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEvent);
}

/** What a user asked for and was refused. */
export function refusals(events: readonly AuditEvent[], user: string): readonly string[] {
  return events
    .filter((event) => event.user.username === user)
    .filter(({ annotations }) => annotations?.['authorization.k8s.io/decision'] === 'forbid')
    .map(({ verb, objectRef }) => `${verb} ${resourceOf(objectRef)}`);
}

/**
 * The rights of a user that none of the events used. A right in all namespaces is used by a request outside `home`, the
 * namespace of the program: otherwise a Role there would do.
 */
export function unusedRights(
  objects: readonly RightsObject[],
  events: readonly AuditEvent[],
  user: string,
  home: string,
): readonly string[] {
  const own = events.filter((event) => event.user.username === user);
  return rightsOf(objects)
    .filter((right) => !own.some((event) => uses(event, right, home)))
    .map(describe);
}

function rightsOf(objects: readonly RightsObject[]): readonly Right[] {
  return objects.flatMap(({ kind, metadata, rules = [] }) =>
    rules.flatMap((rule) => rightsOfRule(rule, kind === 'Role' ? metadata.namespace : undefined)),
  );
}

function rightsOfRule(rule: PolicyRule, namespace: string | undefined): readonly Right[] {
  const { apiGroups, resources, resourceNames, verbs } = rule;
  const names: readonly (string | undefined)[] = resourceNames ?? [undefined];
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      names.flatMap((name) => verbs.map((verb) => ({ verb, group, resource, name, namespace }))),
    ),
  );
}

function uses(event: AuditEvent, right: Right, home: string): boolean {
  const { verb, objectRef } = event;
  if (objectRef === undefined || verb !== right.verb) return false;
  if ((objectRef.apiGroup ?? '') !== right.group || resourceOf(objectRef) !== right.resource)
    return false;
  if (right.name !== undefined && objectRef.name !== right.name) return false;
  if (right.namespace !== undefined) return objectRef.namespace === right.namespace;
  return objectRef.namespace !== home;
}

function resourceOf(objectRef: AuditEvent['objectRef']): string {
  const { resource = '', subresource } = objectRef ?? {};
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

function describe({ verb, group, resource, name, namespace }: Right): string {
  const what = group === '' ? resource : `${resource}.${group}`;
  const which = name === undefined ? '' : ` ${name}`;
  return `${verb} ${what}${which} ${namespace === undefined ? 'everywhere' : `in ${namespace}`}`;
}
