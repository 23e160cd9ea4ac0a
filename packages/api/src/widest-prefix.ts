import { ipFamilyOf, type IpFamily } from './ip-family.ts';

/** The widest network that lies wholly in an entry of a pool. */
export interface WidestPrefix {
  readonly family: IpFamily;
  /** How long its prefix is: the smaller, the wider. */
  readonly length: number;
}

const BITS = { ipv4: 32, ipv6: 128 } as const;

/** The widest network of an entry of an IPAddressPool, a CIDR or a range `first-last`; `undefined` where it is neither, or has no address. */
export function widestPrefix(entry: string): WidestPrefix | undefined {
  const dash = entry.indexOf('-');
  if (dash !== -1) return widestOfRange(entry.slice(0, dash).trim(), entry.slice(dash + 1).trim());
  const [, base = '', digits = ''] = /^([^/]+)\/([0-9]{1,3})$/.exec(entry) ?? [];
  const family = ipFamilyOf(base);
  const length = Number(digits);
  return family === undefined || length > BITS[family] ? undefined : { family, length };
}

function widestOfRange(from: string, to: string): WidestPrefix | undefined {
  const family = ipFamilyOf(from);
  if (family === undefined || ipFamilyOf(to) !== family) return undefined;
  const [first, last] = [numberOf(from, family), numberOf(to, family)];
  for (let length = 0; length <= BITS[family]; length += 1) {
    const size = 1n << BigInt(BITS[family] - length);
    const aligned = ((first + size - 1n) / size) * size;
    if (aligned + size - 1n <= last) return { family, length };
  }
  return undefined;
}

function numberOf(address: string, family: IpFamily): bigint {
  if (family === 'ipv4') {
    return address.split('.').reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  }
  // The parser of URLs writes an address with the fewest characters, the last 32 bits too in groups.
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce(
    (sum, group) => sum * 65_536n + BigInt(`0x${group}`),
    0n,
  );
}
