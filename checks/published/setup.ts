// A release is rehearsed once; what it uploaded is what the tests of this folder look at.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { rehearse, type Rehearsed } from '../../scripts/release/rehearsal.ts';

declare module 'vitest' {
  interface ProvidedContext {
    uploads: Rehearsed[];
    /** The repository that was published from: a clean clone with what was built. Not to be changed. */
    copy: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'picluster-release-'));
  project.provide('uploads', await rehearse(folder));
  project.provide('copy', path.join(folder, 'copy'));
  return () => rmSync(folder, { recursive: true, force: true });
}
