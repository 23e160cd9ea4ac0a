/** What the bundler puts in (see `tsup.daemon.ts`); a program that runs from its sources has neither. */
declare const PICLUSTER_VERSION: string | undefined;
declare const PICLUSTER_COMMIT: string | undefined;

/** Which build of which program this process is. */
export interface Build {
  /** Of the daemon's package; `source` where it was not bundled. */
  readonly version: string;
  /** Of the repository, where whoever built it said so. */
  readonly commit: string | undefined;
  /** Version of Node.js, without the `v`. */
  readonly node: string;
}

/** The build of this process. */
export const build: Build = {
  version: typeof PICLUSTER_VERSION === 'undefined' ? 'source' : PICLUSTER_VERSION,
  commit: typeof PICLUSTER_COMMIT === 'undefined' ? undefined : PICLUSTER_COMMIT,
  node: process.versions.node,
};
