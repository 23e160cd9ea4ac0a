import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generate } from 'selfsigned';

/** A certificate for 127.0.0.1 that is its own authority, PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export async function makePair(name: string): Promise<Pair> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  return { cert, key };
}

/** Puts a pair into a folder as the kubelet does: the files are links through a link, and only that one is replaced. */
export function mount(folder: string, revision: string, files: Partial<Pair>): void {
  const data = path.join(folder, `..${revision}`);
  mkdirSync(data);
  if (files.cert !== undefined) writeFileSync(path.join(data, 'tls.crt'), files.cert);
  if (files.key !== undefined) writeFileSync(path.join(data, 'tls.key'), files.key);
  symlinkSync(`..${revision}`, path.join(folder, '..data_tmp'));
  renameSync(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
  for (const name of ['tls.crt', 'tls.key']) {
    rmSync(path.join(folder, name), { force: true });
    symlinkSync(path.join('..data', name), path.join(folder, name));
  }
}
