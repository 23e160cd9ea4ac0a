import type { Fields } from './object.ts';
import { groupVersion, type Resource, type ResourceRegistry } from './resources.ts';

/** The Kubernetes version that the simulator follows. */
const simulatedVersion: Readonly<Record<string, string>> = {
  major: '1',
  minor: '37',
  gitVersion: 'v1.37.2+kube-sim',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'node',
};

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const statusVerbs = ['get', 'patch', 'update'];

/** The answer to a discovery path, or undefined when it is none. `accept` may ask for the aggregated form. */
export function discover(
  path: string,
  accept: string,
  registry: ResourceRegistry,
): Fields | undefined {
  const asked = /as=APIGroupDiscoveryList/.test(accept);
  const parts = path.split('/').filter((part) => part !== '');
  if (path === '/version') return { ...simulatedVersion };
  if (parts[0] === 'api' && parts.length === 1) {
    if (asked) return aggregate(registry, [''], accept);
    return { kind: 'APIVersions', apiVersion: 'v1', versions: ['v1'] };
  }
  if (parts[0] === 'apis' && parts.length === 1) {
    const groups = groupsOf(registry).filter((group) => group !== '');
    if (asked) return aggregate(registry, groups, accept);
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groups.map((group) => apiGroup(registry, group)),
    };
  }
  if (parts[0] === 'apis' && parts.length === 2) {
    const group = parts[1] ?? '';
    if (!groupsOf(registry).includes(group)) return undefined;
    return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(registry, group) };
  }
  if (parts[0] === 'api' && parts.length === 2) return resourceList(registry, parts[1] ?? '');
  if (parts[0] === 'apis' && parts.length === 3) {
    return resourceList(registry, `${parts[1]}/${parts[2]}`);
  }
  return undefined;
}

function groupsOf(registry: ResourceRegistry): string[] {
  return [...new Set(registry.all().map((resource) => resource.group))];
}

/** Versions of a group, the preferred one first: GA before beta before alpha, higher numbers first. */
function versionsOf(registry: ResourceRegistry, group: string): string[] {
  const versions = registry.all().filter((one) => one.group === group);
  return [...new Set(versions.map((one) => one.version))].sort((a, b) => rank(b) - rank(a));
}

function rank(version: string): number {
  const [, major = '0', stage, minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  const stageRank = stage === undefined ? 2 : stage === 'beta' ? 1 : 0;
  return stageRank * 1e6 + Number(major) * 1e3 + Number(minor);
}

function apiGroup(registry: ResourceRegistry, group: string): Fields {
  const versions = versionsOf(registry, group).map((version) => ({
    groupVersion: groupVersion({ group, version }),
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function resourceList(registry: ResourceRegistry, wanted: string): Fields | undefined {
  const resources = registry.all().filter((resource) => groupVersion(resource) === wanted);
  if (resources.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: wanted,
    resources: resources.flatMap(listed),
  };
}

function listed(resource: Resource): Fields[] {
  const base = { namespaced: resource.namespaced, kind: resource.kind };
  const entries: Fields[] = [
    {
      ...base,
      name: resource.plural,
      singularName: resource.singular,
      verbs,
      ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    },
  ];
  if (resource.hasStatus) {
    entries.push({
      ...base,
      name: `${resource.plural}/status`,
      singularName: '',
      verbs: statusVerbs,
    });
  }
  if (resource.storage === 'serviceaccounts') {
    entries.push({
      name: 'serviceaccounts/token',
      singularName: '',
      namespaced: true,
      group: 'authentication.k8s.io',
      version: 'v1',
      kind: 'TokenRequest',
      verbs: ['create'],
    });
  }
  return entries;
}

function aggregate(registry: ResourceRegistry, groups: readonly string[], accept: string): Fields {
  const version = /apidiscovery\.k8s\.io;v=(v2(?:beta1)?)/.exec(accept)?.[1] ?? 'v2';
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versionsOf(registry, group).map((one) => ({
        version: one,
        freshness: 'Current',
        resources: registry
          .all()
          .filter((resource) => resource.group === group && resource.version === one)
          .map(aggregated),
      })),
    })),
  };
}

function aggregated(resource: Resource): Fields {
  const { group, version, kind } = resource;
  const responseKind = { group, version, kind };
  return {
    resource: resource.plural,
    responseKind,
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.hasStatus
      ? { subresources: [{ subresource: 'status', responseKind, verbs: statusVerbs }] }
      : {}),
  };
}
