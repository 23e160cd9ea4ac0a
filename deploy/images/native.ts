// The compiled files: packet-socket's addon and the speaker's launcher, for either architecture.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Architecture } from './oci.ts';
import { run } from './run.ts';

const packetSocket = path.resolve(import.meta.dirname, '../../packages/packet-socket');

/** Node's name for the architecture. */
const NODE_ARCHITECTURE = {
  amd64: 'x64',
  arm64: 'arm64',
} as const satisfies Record<Architecture, string>;

const CROSS_COMPILER = { amd64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' } as const;

/** `cc` where it is for this machine (or `$CC`), else Debian's compiler for the other. */
function compilerFor(architecture: Architecture): string {
  const own = NODE_ARCHITECTURE[architecture] === process.arch;
  return own ? process.env['CC'] || 'cc' : CROSS_COMPILER[architecture];
}

/** `packet-socket.node`, and the folder below `build` where the library looks for it. */
export async function buildAddon(
  architecture: Architecture,
): Promise<{ target: string; content: Uint8Array }> {
  const target = `linux-${NODE_ARCHITECTURE[architecture]}`;
  const script = path.join(packetSocket, 'scripts', 'build-native.mjs');
  await run(process.execPath, [script, '--target', target], {
    env: { CC: compilerFor(architecture) },
  });
  return {
    target,
    content: readFileSync(path.join(packetSocket, 'build', target, 'packet-socket.node')),
  };
}

/** `with-net-raw`, compiled in `folder`. */
export async function buildLauncher(
  architecture: Architecture,
  folder: string,
): Promise<Uint8Array> {
  const output = path.join(folder, `with-net-raw-${architecture}`);
  const [compiler = '', ...words] = compilerFor(architecture).split(' ');
  const source = path.join(import.meta.dirname, 'with-net-raw.c');
  await run(
    compiler,
    [...words, '-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-s'].concat(
      '-o',
      output,
      source,
    ),
  );
  return readFileSync(output);
}
