import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

// Which packages each package may import, and why not more. What is not listed is banned.
const allowed: Record<string, { imports: readonly string[]; because: string }> = {
  ipam: {
    imports: ['ip-address'],
    because: 'allocation is a pure function that people use without Kubernetes',
  },
  'arp-responder': {
    imports: [],
    because: 'the codecs run in a browser or a test as well as on a node',
  },
  'packet-socket': {
    imports: ['@picluster/arp-responder', 'node:'],
    because: 'it implements the responder’s LinkSocket and knows nothing above it',
  },
  'leader-election': {
    imports: [],
    because: 'the elector runs over any store with compare-and-swap',
  },
  'l2-election': {
    imports: [],
    because: 'the election runs on any link, clock and hash function, and in a simulation',
  },
  bfd: {
    imports: [],
    because: 'the machine runs over any socket and clock, and in a simulation',
  },
  bgp: {
    imports: [],
    because: 'the codec and what a peer is told run with any socket, and with none',
  },
  kube: {
    imports: ['@picluster/leader-election', '@kubernetes/client-node', 'node:'],
    because: 'it implements LeaseLock; a client of the API server knows no rule of the domain',
  },
  api: { imports: ['typebox'], because: 'the schema is what everything else reads' },
  'kube-sim': {
    imports: ['@picluster/api', 'selfsigned', 'yaml', 'node:'],
    because: 'a server for tests must not share code with the client it tests',
  },
  daemon: {
    imports: ['@picluster/leader-election', 'pino', 'prom-client', 'node:'],
    because:
      'manners of a process, no rule of the domain; its lease flags are checked by the elector',
  },
  controller: {
    imports: [
      '@picluster/api',
      '@picluster/daemon',
      '@picluster/ipam',
      '@picluster/kube',
      '@picluster/leader-election',
      '@picluster/packet-socket',
      'node:',
    ],
    because: 'it gives addresses and touches no wire: of packet-socket it takes releaseMemory',
  },
  speaker: {
    imports: [
      '@picluster/api',
      '@picluster/arp-responder',
      '@picluster/bfd',
      '@picluster/bgp',
      '@picluster/daemon',
      '@picluster/kube',
      '@picluster/l2-election',
      '@picluster/leader-election',
      '@picluster/packet-socket',
      'js-yaml',
      'node:',
    ],
    because: 'it answers for addresses and never chooses one',
  },
  testkit: {
    imports: [
      '@picluster/arp-responder',
      '@picluster/bgp',
      '@picluster/leader-election',
      'vitest',
      'node:',
    ],
    because: 'doubles implement the libraries’ interfaces; nothing that ships imports them',
  },
};

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => file.endsWith('.ts') && statSync(file).isFile());
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

describe.each(readdirSync(path.join(root, 'packages')))('packages/%s', (name) => {
  const rule = allowed[name];

  test('has its rule here', () => expect(rule).toBeDefined());

  test(`imports only what it may, since ${rule?.because}`, () => {
    const wrong = sources(path.join(root, 'packages', name, 'src')).flatMap((file) =>
      importsOf(file)
        .filter((wanted) => !wanted.startsWith('.'))
        .filter(
          (wanted) =>
            !rule?.imports.some(
              (ok) => wanted === ok || wanted.startsWith(ok.endsWith(':') ? ok : `${ok}/`),
            ),
        )
        .map((wanted) => `${path.relative(root, file)} → ${wanted}`),
    );
    expect(wrong).toEqual([]);
  });
});

test('nothing reaches into another package’s folders past its exports', () => {
  const folders = ['packages', 'examples', 'e2e', 'bench'].filter((name) =>
    readdirSync(root).includes(name),
  );
  const wrong = folders
    .flatMap((folder) => sources(path.join(root, folder)))
    .filter((file) => !file.includes('node_modules'))
    .flatMap((file) =>
      importsOf(file)
        .filter((wanted) => wanted.startsWith('.'))
        .map((wanted) => path.resolve(path.dirname(file), wanted))
        .filter(
          (target) => packageOf(target) !== undefined && packageOf(target) !== packageOf(file),
        )
        .map((target) => `${path.relative(root, file)} → ${path.relative(root, target)}`),
    );
  expect(wrong).toEqual([]);
});

function packageOf(file: string): string | undefined {
  const [folder, name] = path.relative(root, file).split(path.sep);
  return folder === 'packages' ? name : undefined;
}
