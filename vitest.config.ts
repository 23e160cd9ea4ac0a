import { defineConfig } from 'vitest/config';

// The source condition lets tests of one package import another without a build.
const conditions = ['@picluster/source', 'node', 'import', 'module', 'default'];
const resolve = { conditions };
const ssr = { resolve: { conditions } };

// unit: pure, parallel.  sim: seeded simulations.  root: needs network namespaces.  lab: needs the whole lab (e2e/).
// published: the npm packages as a release would upload them.
export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: [
            'packages/*/test/**/*.test.ts',
            'examples/*/test/**/*.test.ts',
            'checks/**/*.test.ts',
            'e2e/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: [
            '**/*.sim.test.ts',
            '**/*.root.test.ts',
            '**/*.lab.test.ts',
            'checks/published/**',
            '**/node_modules/**',
          ],
          testTimeout: 20_000,
        },
      },
      {
        resolve,
        ssr,
        test: { name: 'sim', include: ['packages/*/test/**/*.sim.test.ts'], testTimeout: 120_000 },
      },
      {
        test: {
          name: 'published',
          include: ['checks/published/**/*.test.ts'],
          globalSetup: ['checks/published/setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'root',
          include: [
            'packages/*/test/**/*.root.test.ts',
            'examples/*/test/**/*.root.test.ts',
            'e2e/**/*.root.test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'lab',
          include: ['e2e/**/*.lab.test.ts', 'packages/*/test/**/*.lab.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
