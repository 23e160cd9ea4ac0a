import { getSystemErrorName } from 'node:util';

/**
 * Why a packet socket could not be had or used.
 *
 * - `not-permitted`: the process lacks the capability CAP_NET_RAW (EPERM, EACCES).
 * - `no-such-interface`: there is none of that name or index in this network namespace (ENODEV, ENXIO).
 * - `not-ethernet`: the interface exists, but carries no Ethernet frames (loopback, a tunnel).
 * - `interface-down`: the interface is down (ENETDOWN); a packet socket on it survives and hears again once it is up.
 * - `address-not-available`: the source address is on no interface of this network namespace (EADDRNOTAVAIL).
 * - `address-in-use`: somebody else listens there (EADDRINUSE).
 * - `unsupported-platform`: this is not Linux.
 * - `addon-unusable`: Linux, but the compiled part is missing or does not load; `lookedFor` has the files that were tried,
 *   `cause` what became of each.
 * - `system`: any other refusal of the system: see `errno`, `errnoName` and `syscall`.
 */
export type PacketSocketErrorCode =
  | 'not-permitted'
  | 'no-such-interface'
  | 'not-ethernet'
  | 'interface-down'
  | 'address-not-available'
  | 'address-in-use'
  | 'unsupported-platform'
  | 'addon-unusable'
  | 'system';

/** What is known beside the code. */
export interface PacketSocketErrorDetails {
  readonly interfaceName?: string;
  /** The system's error number as Node has it: negative. */
  readonly errno?: number;
  readonly syscall?: string;
  /** The files of the compiled part that were tried. */
  readonly lookedFor?: readonly string[];
  readonly cause?: unknown;
}

const CODE_OF_ERRNO: Readonly<Record<string, PacketSocketErrorCode>> = {
  EPERM: 'not-permitted',
  EACCES: 'not-permitted',
  ENODEV: 'no-such-interface',
  ENXIO: 'no-such-interface',
  ENETDOWN: 'interface-down',
  EADDRNOTAVAIL: 'address-not-available',
  EADDRINUSE: 'address-in-use',
};

const ADVICE: Readonly<Record<PacketSocketErrorCode, string>> = {
  'not-permitted': 'packet sockets need the capability CAP_NET_RAW: run as root or add it',
  'no-such-interface': 'there is no such interface in this network namespace',
  'not-ethernet': 'the interface does not carry Ethernet frames',
  'interface-down': 'the interface is down',
  'address-not-available': 'the address is on no interface of this network namespace',
  'address-in-use': 'the address and port are in use',
  'unsupported-platform': 'packet sockets are AF_PACKET, which only Linux has',
  'addon-unusable':
    'the compiled part of packet-socket is missing or does not load here: its scripts/build-native.mjs compiles one',
  system: 'the system refused',
};

/** The one error of this package. Decide by `code`, never by the message. */
export class PacketSocketError extends Error {
  override readonly name = 'PacketSocketError';
  readonly code: PacketSocketErrorCode;
  /** The system's error number as Node has it: negative. `undefined` where no system call failed. */
  readonly errno: number | undefined;
  /** Its name, such as `EPERM`. */
  readonly errnoName: string | undefined;
  readonly syscall: string | undefined;
  readonly interfaceName: string | undefined;
  /** The files of the compiled part that were tried, in this order; empty unless it is `addon-unusable`. */
  readonly lookedFor: readonly string[];

  constructor(code: PacketSocketErrorCode, details: PacketSocketErrorDetails = {}) {
    const { errno, syscall, interfaceName, lookedFor = [], cause } = details;
    const errnoName = errno === undefined ? undefined : getSystemErrorName(errno);
    const where = interfaceName === undefined ? '' : `${interfaceName}: `;
    const call = syscall === undefined ? '' : `${syscall}: `;
    const number = errnoName === undefined ? '' : ` (${call}${errnoName})`;
    const files = lookedFor.length === 0 ? '' : `; looked for ${lookedFor.join(', ')}`;
    super(`${where}${ADVICE[code]}${number}${files}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.errno = errno;
    this.errnoName = errnoName;
    this.syscall = syscall;
    this.interfaceName = interfaceName;
    this.lookedFor = lookedFor;
  }
}

/** The error for a negative errno. */
export function errorOfErrno(
  errno: number,
  syscall: string,
  interfaceName: string | undefined,
): PacketSocketError {
  const code = CODE_OF_ERRNO[getSystemErrorName(errno)] ?? 'system';
  return new PacketSocketError(code, {
    errno,
    syscall,
    ...(interfaceName === undefined ? {} : { interfaceName }),
  });
}

/** Turns what the addon threw into our error; anything but a failed system call is a mistake of ours and stays as it is. */
export function errorOfAddon(thrown: unknown, interfaceName: string | undefined): unknown {
  if (!(thrown instanceof Error) || !('errno' in thrown) || !('syscall' in thrown)) return thrown;
  return errorOfErrno(Number(thrown.errno), String(thrown.syscall), interfaceName);
}
