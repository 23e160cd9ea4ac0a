import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bundle, type Bundle, type BundledFile, type Daemon } from '../deploy/images/bundle.ts';

// What a daemon carries is what it weighs: an import that drags a package or a part of Node in again costs megabytes on each node of a cluster.

/** Packages of which something is in both bundles. */
const shared = [
  '@kubernetes/client-node',
  '@picluster/api',
  '@picluster/daemon',
  '@picluster/kube',
  '@picluster/leader-election',
  '@pinojs/redact',
  'atomic-sleep',
  'js-yaml',
  'jsonpath-plus',
  'oauth4webapi',
  'on-exit-leak-free',
  'openid-client',
  'pino',
  'pino-std-serializers',
  'prom-client',
  'quick-format-unescaped',
  'rfc4648',
  'safe-stable-stringify',
  'sonic-boom',
  'thread-stream',
];

/** By daemon: what else is in its bundle, and how large that may be, in bytes. */
const budgets: Record<Daemon, { readonly packages: readonly string[]; readonly bytes: number }> = {
  controller: {
    packages: [
      '@picluster/controller',
      '@picluster/ipam',
      '@picluster/packet-socket',
      'ip-address',
    ],
    bytes: 560_000,
  },
  speaker: {
    packages: [
      '@picluster/arp-responder',
      '@picluster/bfd',
      '@picluster/bgp',
      '@picluster/l2-election',
      '@picluster/packet-socket',
      '@picluster/speaker',
    ],
    bytes: 870_000,
  },
};

/** What is compiled before the speaker listens may not be larger. */
const EARLY_BYTES = 290_000;

/** Parts of Node that no daemon needs, each of which takes some MB: what stands behind fetch() and WebSocket, HTTP/2, WebCrypto. */
const unwanted = new Set(['internal/deps/undici/undici', 'http2', 'internal/crypto/webcrypto']);

const folder = mkdtempSync(path.join(tmpdir(), 'bundle-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Node has loaded of itself when the program's modules have run. */
function partsOfNode(program: string): string[] {
  const listing = path.join(folder, 'list.mjs');
  writeFileSync(
    listing,
    // To ask for the stream loads parts of Node itself.
    `import { writeSync } from 'node:fs';
     process.on('exit', () => writeSync(2, JSON.stringify(process.moduleLoadList)));`,
  );
  const list = execFileSync(
    'sh',
    ['-c', '"$0" --import "$1" "$2" --help 2>&1 >/dev/null', process.execPath, listing, program],
    { encoding: 'utf8' },
  );
  const names = JSON.parse(list) as readonly string[];
  return names.flatMap((name) => /^NativeModule (.*)$/.exec(name)?.[1] ?? []);
}

const made = new Map<Daemon, Promise<Bundle>>();

/** Bundles each once, into a folder of its name. */
async function bundleOf(daemon: Daemon): Promise<Bundle> {
  const result = made.get(daemon) ?? bundle(daemon, folder);
  made.set(daemon, result);
  return await result;
}

function sizeOf(files: readonly BundledFile[]): number {
  return files.reduce((sum, { content }) => sum + content.length, 0);
}

describe.each(['controller', 'speaker'] as const)('the bundle of the %s', (daemon) => {
  const { packages, bytes } = budgets[daemon];

  test('has nothing in it but what is listed here, and is no larger than it may be', async () => {
    const { files, packages: found } = await bundleOf(daemon);
    const names = found.map(({ name }) => name).sort();
    expect(names).toEqual([...shared, ...packages].sort());
    expect(sizeOf(files)).toBeLessThanOrEqual(bytes);

    const parts = partsOfNode(path.join(folder, daemon, 'main.mjs'));
    expect(parts).toContain('tls');
    expect(parts.filter((part) => unwanted.has(part))).toEqual([]);
  }, 120_000);
});

test('the speaker listens before most of it is compiled, and before Node’s parts for networks and logs are loaded', async () => {
  const { files } = await bundleOf('speaker');
  const early = files.filter(({ name }) => name !== 'daemon.mjs');
  expect(early.map(({ name }) => name)).toEqual(['chunk.mjs', 'main.mjs']);
  expect(sizeOf(early)).toBeLessThanOrEqual(EARLY_BYTES);

  const alone = path.join(folder, 'early');
  mkdirSync(alone);
  for (const { name, content } of early) writeFileSync(path.join(alone, name), content);
  writeFileSync(path.join(alone, 'daemon.mjs'), 'export const runSpeaker = () => 0;');
  const parts = partsOfNode(path.join(alone, 'main.mjs'));
  const late = new Set(['net', 'dgram', 'http', 'crypto', 'tls', 'worker_threads', 'zlib']);
  expect(parts.filter((part) => late.has(part))).toEqual([]);
}, 120_000);
