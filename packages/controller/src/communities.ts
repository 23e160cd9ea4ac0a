import {
  communityAliases,
  CommunityResource,
  invalidObject,
  parseCommunity,
  type CommunityFacts,
  type FieldProblem,
} from '@picluster/api';
import { Reflector, resourcePath, type KubeObject, type ReflectorDeps } from '@picluster/kube';

/** What the controller keeps of a Community, valid or not. */
export interface CommunityView extends CommunityFacts {
  /** What is wrong with it; then it gives no names. */
  readonly problems: readonly FieldProblem[];
}

/** Keeps of a Community what is used. */
export function viewCommunity(raw: KubeObject): CommunityView {
  const { name, creationTimestamp: createdAt = '' } = raw.metadata;
  const parsed = parseCommunity(raw);
  const aliases = parsed.ok ? (parsed.value.spec?.communities ?? []) : [];
  return { name, createdAt, aliases, problems: parsed.ok ? [] : parsed.problems };
}

/** Mirrors the Communities in `namespace`. */
export function communityMirror(deps: ReflectorDeps, namespace: string): Reflector<CommunityView> {
  const { group, version, plural } = CommunityResource;
  return new Reflector(deps, {
    path: resourcePath({ group, version, plural, namespace }),
    project: viewCommunity,
  });
}

/** What is wrong with the Communities, each by itself and among the others. */
export function communityProblems(views: Iterable<CommunityView>): readonly string[] {
  const all = [...views];
  const invalid = all
    .filter(({ problems }) => problems.length > 0)
    .map(({ name, problems }) => invalidObject('Community', name, problems));
  return [...invalid, ...communityAliases(all).problems].map(({ message }) => message);
}
