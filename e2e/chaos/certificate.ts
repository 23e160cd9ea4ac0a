import { generate } from 'selfsigned';

/** A certificate that is its own authority, and its key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate for an address, 127.0.0.1 by default; one is enough for all servers of a run. */
export async function makeCertificate(ip: string = '127.0.0.1'): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'chaos' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip }] }],
  });
  return { cert, key };
}
