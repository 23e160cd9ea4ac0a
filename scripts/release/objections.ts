// What speaks against publishing the repository as it is.
import type { Manifest } from './registry.ts';

/** A package of the workspace: its folder from the root, its package.json, and its changelog where it has one. */
export interface Package {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly changelog?: string;
}

/** What is known of the repository. */
export interface Repository {
  readonly manifest: Pick<Manifest, 'repository'>;
  readonly packages: readonly Package[];
  /** Paths of the changesets that are not yet versions. */
  readonly changesets: readonly string[];
  /** What `git status --porcelain` prints. */
  readonly uncommitted: string;
}

/** One sentence for each; none where a release may begin. */
export function objections(repository: Repository): string[] {
  const { manifest, packages, changesets, uncommitted } = repository;
  const published = packages.filter((each) => each.manifest.private !== true);
  const url = manifest.repository?.url;
  return [
    ...(uncommitted === '' ? [] : ['there are uncommitted changes']),
    ...changesets.map((file) => `${file} is not a version yet: npm run release -- version`),
    ...(url === undefined ? [HOMELESS] : published.flatMap((each) => objectionsToHome(each, url))),
    ...published.flatMap(objectionsToChangelog),
  ];
}

const HOMELESS =
  'the root’s package.json has no "repository": without one nobody can prove where a package was built';

function objectionsToHome({ folder, manifest }: Package, url: string): string[] {
  const { repository, name } = manifest;
  const same = repository?.url === url && repository?.directory === folder;
  if (same) return [];
  return [
    `${name}: "repository" must be { "type": "git", "url": "${url}", "directory": "${folder}" }`,
  ];
}

function objectionsToChangelog({ manifest, changelog = '' }: Package): string[] {
  const { name, version } = manifest;
  const has = changelog.split('\n').includes(`## ${version}`);
  return has ? [] : [`${name}: its CHANGELOG.md does not say what is new in ${version}`];
}
