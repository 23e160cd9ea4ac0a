import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cacheRoot } from '../../scripts/cache.mjs';
import { run } from '../lab/run.ts';
import { builder, builtLayout, DAEMONS, imageFor, NATIVE, nameOf, output } from './built.ts';
import { Snapshots } from './container.ts';
import { LayoutReader, sha256 } from './layout-reader.ts';

const inLab = process.env['PICLUSTER_LAB'] === '1';
const ARCHITECTURES = ['amd64', 'arm64'];
const COMPRESSED_BYTES_MAX = 60_000_000;

const cases = DAEMONS.flatMap((daemon) =>
  ARCHITECTURES.map((architecture) => ({ daemon, architecture })),
);

describe.skipIf(!inLab)('the images as `npm run images` left them', () => {
  let layout: LayoutReader;
  let folder: string;
  let snapshots: Snapshots;
  beforeAll(() => {
    layout = builtLayout();
    folder = mkdtempSync(path.join(tmpdir(), 'picluster-images-'));
    snapshots = new Snapshots(folder);
  });
  afterAll(async () => {
    await snapshots[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the layout keeps what it names, each under its digest, and nothing else', () => {
    expect(layout.version).toBe('1.0.0');
    const named = new Set<string>();
    const contents = new Map<string, string>();
    for (const name of layout.names.keys()) {
      named.add(layout.names.get(name)?.digest ?? '');
      for (const platform of layout.platforms(name)) {
        const manifest = JSON.parse(layout.read(platform).toString()) as {
          config: { digest: string };
        };
        named.add(platform.digest).add(manifest.config.digest);
        const image = layout.image(name, platform.platform?.architecture ?? '');
        for (const layer of image.layers) {
          // Shared layers are large, and looked into once.
          const content = contents.get(layer.digest) ?? sha256(gunzipSync(layout.read(layer)));
          contents.set(layer.digest, content);
        }
        const found = image.layers.map(({ digest }) => contents.get(digest));
        expect(found).toEqual(image.config.rootfs.diff_ids);
      }
    }
    expect(layout.kept.sort()).toEqual([...named, ...contents.keys()].sort());
  });

  test.each(cases)('the $daemon for $architecture says how to run it', (each) => {
    const { config, layers } = imageFor(layout, each.daemon, each.architecture);
    expect(config).toMatchObject({ architecture: each.architecture, os: 'linux' });
    expect(config.config).toMatchObject({ User: '65532:65532', StopSignal: 'SIGTERM' });
    expect(config.config.Entrypoint).toEqual([
      ...(each.daemon === 'speaker' ? ['/app/with-net-raw'] : []),
      '/usr/bin/node',
      '/app/main.mjs',
    ]);
    expect(config.config.Labels['org.opencontainers.image.title']).toBe(`picluster-${each.daemon}`);
    const bytes = layers.reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeLessThan(COMPRESSED_BYTES_MAX);
  });

  test.each(ARCHITECTURES)(
    'controller and speaker share all but the last, small layer on %s',
    (architecture) => {
      const [controller, speaker] = DAEMONS.map(
        (daemon) => imageFor(layout, daemon, architecture).layers,
      );
      expect(controller?.slice(0, -1)).toEqual(speaker?.slice(0, -1));
      expect(controller?.at(-1)).not.toEqual(speaker?.at(-1));
      expect(speaker?.at(-1)?.size).toBeLessThan(1_000_000);
    },
  );

  test.each(cases)('no shell, no other program in the $daemon for $architecture', async (each) => {
    const image = imageFor(layout, each.daemon, each.architecture);
    const root = await snapshots.mount(layout, image);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => ({
      name: `/${name}`,
      status: lstatSync(path.join(root, name)),
    }));
    const programs = files.filter(({ status }) => status.isFile() && (status.mode & 0o111) !== 0);
    const loader = { amd64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' };
    expect(programs.map(({ name }) => name).sort()).toEqual(
      [
        ...(each.daemon === 'speaker' ? ['/app/with-net-raw'] : []),
        loader[each.architecture as keyof typeof loader],
        '/usr/bin/node',
      ].sort(),
    );
    expect(files.filter(({ status }) => (status.mode & 0o6000) !== 0)).toEqual([]);
    const writable = files.filter(({ status }) => (status.mode & 0o022) !== 0);
    expect(writable.map(({ name }) => name)).toEqual(['/tmp']);
    expect(files.filter(({ status }) => status.uid !== 0 || status.gid !== 0)).toEqual([]);
  });

  test('the bill of materials in an image names what the image has of others, with digests', async () => {
    const image = imageFor(layout, 'speaker', NATIVE);
    const root = await snapshots.mount(layout, image);
    const bill = JSON.parse(readFileSync(path.join(root, 'app/sbom.cdx.json'), 'utf8')) as {
      components: { purl: string; name: string; hashes?: { content: string }[] }[];
    };
    const purls = bill.components.map(({ purl }) => purl);
    const packages = readdirSync(path.join(root, 'var/lib/dpkg/status.d'));
    for (const name of packages)
      expect(
        purls.some((purl) => purl.startsWith(`pkg:deb/debian/${encodeURIComponent(name)}@`)),
      ).toBe(true);
    expect(purls).toContain(`pkg:npm/node-linux-${process.arch}@${process.versions.node}`);
    expect(purls.some((purl) => purl.startsWith('pkg:npm/%40kubernetes/client-node@'))).toBe(true);
    const others = bill.components.filter(({ name }) => !name.startsWith('@picluster/'));
    expect(others.filter(({ hashes }) => hashes === undefined)).toEqual([]);
  });

  test('nothing in our own layer tells where it was built', () => {
    const repository = path.resolve(import.meta.dirname, '../..');
    for (const daemon of DAEMONS) {
      const app = imageFor(layout, daemon, NATIVE).layers.at(-1);
      expect(gunzipSync(app === undefined ? '' : layout.read(app)).includes(repository)).toBe(
        false,
      );
    }
  });

  // Elsewhere, at another hour, with another umask, without the layers that the first build left: all of it is made again.
  test('the same inputs give the same digests', async () => {
    const cache = path.join(folder, 'cache');
    mkdirSync(path.join(cache, 'images'), { recursive: true });
    const known = path.join(cacheRoot(), 'images');
    for (const file of readdirSync(known).filter((name) => /\.(deb|tgz)$/.test(name)))
      symlinkSync(path.join(known, file), path.join(cache, 'images', file));
    const again = path.join(folder, 'again');
    const inputs = path.join(output, 'inputs.json');
    const words = [`--platform=linux/${NATIVE}`, `--inputs=${inputs}`, `--output=${again}`];
    await run(['sh', '-c', 'umask 077 && exec "$@"', 'sh', process.execPath, builder, ...words], {
      env: { PICLUSTER_CACHE: cache, TZ: 'Pacific/Auckland', LC_ALL: 'C', TMPDIR: folder },
      timeoutMs: 400_000,
    });
    const second = new LayoutReader(path.join(again, 'layout'));
    for (const daemon of DAEMONS) {
      const first = imageFor(layout, daemon, NATIVE);
      const made = second.image(nameOf(second, daemon), NATIVE);
      // The layers first: when sources were changed since `npm run images`, only the last one differs.
      expect(made.layers).toEqual(first.layers);
      expect(made.manifestDigest).toBe(first.manifestDigest);
    }
  }, 420_000);
});
