import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { slimKube } from '@picluster/kube/esbuild-plugin';
import { build } from 'tsup';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, selfSigned, TlsServer } from './tls-server.ts';

/** Bytes. 148 kB were measured for all of the package; the plain bundle has 1306 kB. */
const bundleBytesMax = 170_000;

describe('slimKube', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kube-bundle-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'makes a small bundle that still requests, streams and asks an exec plugin',
    { timeout: 60_000 },
    async () => {
      await using server = await TlsServer.start(await selfSigned());
      server.handler = (request, response) =>
        json(response, { authorization: request.headers.authorization });
      const command = await server.write(
        'plugin.sh',
        '#!/bin/sh\ncat "$(dirname "$0")/credential.json"\n',
      );
      await promisify(execFile)('chmod', ['755', command]);
      await server.write(
        'credential.json',
        '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-plugin"}}',
      );
      const kubeconfig = await server.kubeconfig({
        exec: { apiVersion: 'client.authentication.k8s.io/v1', command },
      });
      await build({
        config: false,
        silent: true,
        entry: { main: fileURLToPath(new URL('bundled-program.ts', import.meta.url)) },
        outDir: folder,
        format: 'cjs',
        outExtension: () => ({ js: '.cjs' }),
        platform: 'node',
        target: 'node20',
        minify: true,
        noExternal: [/./],
        esbuildPlugins: [slimKube()],
        esbuildOptions: (options) => {
          options.conditions = ['@picluster/source'];
        },
      });
      const bundle = join(folder, 'alone', 'main.cjs');
      await promisify(execFile)('mkdir', [join(folder, 'alone')]);
      await copyFile(join(folder, 'main.cjs'), bundle);
      const { stdout } = await promisify(execFile)(process.execPath, [bundle, kubeconfig], {
        cwd: folder,
      });
      expect(JSON.parse(stdout)).toEqual({
        requested: { authorization: 'Bearer from-plugin' },
        streamed: '{"authorization":"Bearer from-plugin"}',
      });
      expect((await stat(bundle)).size).toBeLessThan(bundleBytesMax);
    },
  );
});
