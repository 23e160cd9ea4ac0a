/** Names a resource of the API; without `name` the whole collection. */
export interface ResourceAddress {
  /** Empty or absent for the core group. */
  readonly group?: string;
  readonly version: string;
  /** Lower case, as in the URL: `services`, `ipaddresspools`. */
  readonly plural: string;
  /** Absent: cluster-scoped, or all namespaces. */
  readonly namespace?: string | undefined;
  readonly name?: string;
  /** `status`, for instance. */
  readonly subresource?: string;
}

/** The path of a resource: `/api/v1/namespaces/default/services/web/status`. Names are escaped. */
export function resourcePath(address: ResourceAddress): string {
  const { group, version, plural, namespace, name, subresource } = address;
  const parts = group === undefined || group === '' ? ['api', version] : ['apis', group, version];
  if (namespace !== undefined) parts.push('namespaces', namespace);
  parts.push(plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource);
  return `/${parts.map(encodeURIComponent).join('/')}`;
}
