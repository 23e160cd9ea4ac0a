import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bundle, type Daemon } from '../deploy/images/bundle.ts';

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
    packages: ['@picluster/controller', '@picluster/ipam', 'ip-address'],
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

/** Parts of Node that no daemon needs, each of which takes some MB: what stands behind fetch() and WebSocket, HTTP/2, WebCrypto. */
const unwanted = new Set(['internal/deps/undici/undici', 'http2', 'internal/crypto/webcrypto']);

const folder = mkdtempSync(path.join(tmpdir(), 'bundle-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Node has loaded of itself when the program's modules have run. */
function partsOfNode(program: string): string[] {
  const listing = path.join(folder, 'list.mjs');
  writeFileSync(
    listing,
    `process.on('exit', () => process.stderr.write(JSON.stringify(process.moduleLoadList)));`,
  );
  const list = execFileSync(
    'sh',
    ['-c', '"$0" --import "$1" "$2" --help 2>&1 >/dev/null', process.execPath, listing, program],
    { encoding: 'utf8' },
  );
  const names = JSON.parse(list) as readonly string[];
  return names.flatMap((name) => /^NativeModule (.*)$/.exec(name)?.[1] ?? []);
}

describe.each(['controller', 'speaker'] as const)('the bundle of the %s', (daemon) => {
  const { packages, bytes } = budgets[daemon];

  test('has nothing in it but what is listed here, and is no larger than it may be', async () => {
    const made = await bundle(daemon, folder);
    const names = made.packages.map(({ name }) => name).sort();
    expect(names).toEqual([...shared, ...packages].sort());
    const size = made.files.reduce((all, { content }) => all + content.length, 0);
    expect(size).toBeLessThanOrEqual(bytes);

    const parts = partsOfNode(path.join(folder, daemon, 'main.mjs'));
    expect(parts).toContain('tls');
    expect(parts.filter((part) => unwanted.has(part))).toEqual([]);
  }, 120_000);
});
