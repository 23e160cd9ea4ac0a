import type { Hmac } from '@picluster/l2-election';

/** What must be the same for one process to go on with what another knows. */
export interface Facts {
  /** Of the states: two builds that differ in it do not understand each other. */
  readonly format: string;
  readonly node: string;
  readonly electorate: string;
  /** The times of the protocol, and how many members there are in strict mode. */
  readonly rules: string;
  /** The interfaces that it takes part on, or is ready to: name, index and hardware address of each, in one text. */
  readonly interfaces: readonly string[];
}

/** What two processes of a node say to each other, each in one line; see {@link Predecessor}. */
export type Message =
  | { readonly kind: 'hello'; readonly nonce: string }
  | {
      readonly kind: 'prepared';
      readonly nonce: string;
      readonly facts: Facts;
      readonly code: string;
    }
  | { readonly kind: 'ask' }
  | { readonly kind: 'yes'; readonly nowMs: number }
  | {
      readonly kind: 'states';
      /** By interface. */
      readonly states: Readonly<Record<string, string>>;
      readonly code: string;
    };

/** Why a line is no message. */
export type MessageFault = 'not-json' | 'not-a-message';

/** Writes a message, without the end of the line. */
export function encodeMessage(message: Message): string {
  return JSON.stringify(message);
}

/** Reads a line. Never throws. */
export function decodeMessage(line: string): Message | MessageFault {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return 'not-json';
  }
  return isMessage(json) ? json : 'not-a-message';
}

/**
 * What proves that who says so has the key, and says it now: the authentication code of the purpose, of the nonces of both ends, and of what is said. The
 * nonces differ each time, so none is good for a second use.
 */
export function codeOf(
  hmac: Hmac,
  key: Uint8Array,
  purpose: 'prepared' | 'states',
  said: readonly unknown[],
): string {
  const text = JSON.stringify(['picluster speaker succession', purpose, ...said]);
  return Buffer.from(hmac(key, Buffer.from(text))).toString('hex');
}

/** Whether a code was made with one of these keys. */
export function isAuthentic(
  hmac: Hmac,
  keys: readonly Uint8Array[],
  code: string,
  purpose: 'prepared' | 'states',
  said: readonly unknown[],
): boolean {
  return keys.some((key) => isSame(codeOf(hmac, key, purpose, said), code));
}

/** Why `heir` cannot go on with what `holder` knows; `undefined`: it can. */
export function misfit(holder: Facts, heir: Facts): string | undefined {
  for (const what of ['format', 'node', 'electorate', 'rules'] as const) {
    if (holder[what] !== heir[what]) return `another ${what}`;
  }
  const missing = holder.interfaces.find((one) => !heir.interfaces.includes(one));
  return missing === undefined ? undefined : `it is not ready on ${missing}`;
}

/** Compares in the same time whatever differs. */
function isSame(wanted: string, given: string): boolean {
  let difference = wanted.length ^ given.length;
  for (let at = 0; at < wanted.length; at++) {
    difference |= wanted.charCodeAt(at) ^ given.charCodeAt(at);
  }
  return difference === 0;
}

function isMessage(json: unknown): json is Message {
  if (!isObject(json)) return false;
  const { kind } = json;
  switch (kind) {
    case 'hello':
      return typeof json['nonce'] === 'string';
    case 'prepared':
      return (
        typeof json['nonce'] === 'string' &&
        typeof json['code'] === 'string' &&
        areFacts(json['facts'])
      );
    case 'ask':
      return true;
    case 'yes':
      return typeof json['nowMs'] === 'number';
    case 'states':
      return typeof json['code'] === 'string' && isTextByName(json['states']);
    default:
      return false;
  }
}

function areFacts(json: unknown): json is Facts {
  if (!isObject(json)) return false;
  const { interfaces } = json;
  const texts = [json['format'], json['node'], json['electorate'], json['rules']];
  return (
    Array.isArray(interfaces) && [...texts, ...interfaces].every((one) => typeof one === 'string')
  );
}

function isTextByName(json: unknown): json is Readonly<Record<string, string>> {
  return isObject(json) && Object.values(json).every((one) => typeof one === 'string');
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
