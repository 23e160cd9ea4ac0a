import { randomBytes } from 'node:crypto';

/** The Secret, in the namespace of the pools, with the keys that speakers sign their heartbeats with. */
export const L2_KEY_SECRET = 'picluster-l2-key';

/** Its one field. */
const FIELD = 'keys';
const KEY_BYTES = 32;
const KEY_BYTES_MIN = 16;

/**
 * The Secret with these keys, or a new one. It may be made by whoever comes first, controller or speaker.
 *
 * The field `keys` holds one key a line, in base64; the first signs, all are accepted. To change the key: add a line, wait until every speaker
 * has read it (a minute is plenty), move it to the top, wait, remove the old one.
 */
export function l2KeySecret(
  namespace: string,
  keys: readonly Uint8Array[] = [randomBytes(KEY_BYTES)],
): object {
  const lines = keys.map((key) => `${Buffer.from(key).toString('base64')}\n`);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      namespace,
      name: L2_KEY_SECRET,
      labels: { 'app.kubernetes.io/managed-by': 'picluster' },
    },
    type: 'Opaque',
    data: { [FIELD]: Buffer.from(lines.join('')).toString('base64') },
  };
}

/** What the Secret says: the keys, in their order, or a sentence that names what is wrong and the fix. */
export type L2Keys =
  | { readonly kind: 'keys'; readonly keys: readonly Uint8Array[] }
  | { readonly kind: 'problem'; readonly problem: string };

/** Reads the `data` of the Secret, as the API gives it. */
export function readL2Keys(data: Readonly<Record<string, unknown>> | undefined): L2Keys {
  const field = data?.[FIELD];
  if (typeof field !== 'string') return problem(`data.${FIELD} is missing`);
  const lines = Buffer.from(field, 'base64')
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim());
  const keys: Uint8Array[] = [];
  for (const [at, line] of lines.entries()) {
    if (line === '') continue;
    const key = Buffer.from(line, 'base64');
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(line)) return problem(`line ${at + 1} is not base64`);
    if (key.length < KEY_BYTES_MIN) return problem(`line ${at + 1} has ${key.length} bytes`);
    keys.push(Uint8Array.from(key));
  }
  return keys.length === 0 ? problem(`data.${FIELD} is empty`) : { kind: 'keys', keys };
}

function problem(what: string): L2Keys {
  const fix = `it must hold a key of at least ${KEY_BYTES_MIN} bytes in base64 on each line (openssl rand -base64 ${KEY_BYTES})`;
  return { kind: 'problem', problem: `${what}: ${fix}` };
}
