import { isIP } from 'node:net';
import { generate } from 'selfsigned';

/** A server certificate that is its own authority, and its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const made = new Map<string, Promise<Certificate>>();

/** A certificate for these names and addresses: made once per process, as making one costs some milliseconds. */
export function certificateFor(hosts: readonly string[]): Promise<Certificate> {
  const names = [...new Set(['localhost', '127.0.0.1', '::1', 'kubernetes.default.svc', ...hosts])];
  const id = names.join(',');
  let certificate = made.get(id);
  if (certificate === undefined) made.set(id, (certificate = make(names)));
  return certificate;
}

async function make(names: readonly string[]): Promise<Certificate> {
  // The day before, for machines whose clock is a little behind ours.
  const dayMs = 86_400_000;
  const pem = await generate([{ name: 'commonName', value: 'kube-sim' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - dayMs),
    notAfterDate: new Date(Date.now() + 365 * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name },
        ),
      },
    ],
  });
  return { cert: pem.cert, key: pem.private };
}
