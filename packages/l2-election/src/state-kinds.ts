import { addressBytes } from './address-text.ts';

/** What {@link Kind.read} gives for text that is no value of the kind. */
export const BAD: unique symbol = Symbol('bad');

/** How values of one kind are written as JSON, and read again. */
export interface Kind<T> {
  /** All names in it: two builds that write the same names understand each other. */
  readonly names: string;
  write(value: T): unknown;
  /** Never throws, whatever JSON holds. */
  read(json: unknown): T | typeof BAD;
}

/** A moment or a length of time. JSON has no infinity. */
export const time: Kind<number> = {
  names: 'time',
  write: (value) => (Number.isFinite(value) ? value : value > 0 ? 'ever' : 'never'),
  read: (json) => {
    if (json === 'ever') return Infinity;
    if (json === 'never') return -Infinity;
    return typeof json === 'number' ? json : BAD;
  },
};

/** What frames count in 32 bits. */
export const count: Kind<number> = plain(
  'count',
  (json): json is number =>
    Number.isInteger(json) && (json as number) >= 0 && (json as number) <= 0xffff_ffff,
);
export const flag: Kind<boolean> = plain(
  'flag',
  (json): json is boolean => typeof json === 'boolean',
);
export const text: Kind<string> = plain('text', (json): json is string => typeof json === 'string');
/** A node's identity: 8 bytes. */
export const node: Kind<string> = plain(
  'node',
  (json): json is string => typeof json === 'string' && /^[\da-f]{16}$/.test(json),
);
/** An address in its canonical text. */
export const address: Kind<string> = plain(
  'address',
  (json): json is string => typeof json === 'string' && addressBytes(json) !== undefined,
);

/** One of a few words. */
export function word<Word extends string>(...words: readonly Word[]): Kind<Word> {
  return plain(words.join('|'), (json): json is Word => words.includes(json as Word));
}

/** A value that may be missing. */
export function maybe<T>(kind: Kind<T>): Kind<T | undefined> {
  return {
    names: `${kind.names}?`,
    write: (value) => (value === undefined ? null : kind.write(value)),
    read: (json) => (json === null ? undefined : kind.read(json)),
  };
}

/** Values in their order. Where one was left out, `hole` stands. */
export function list<T>(kind: Kind<T>, hole?: T): Kind<readonly T[]> {
  return {
    names: `${kind.names}[]`,
    write: (values) => Array.from(values, (value) => kind.write(value ?? (hole as T))),
    read: (json) => {
      if (!Array.isArray(json)) return BAD;
      const values: T[] = [];
      for (const one of json as readonly unknown[]) {
        const value = kind.read(one);
        if (value === BAD) return BAD;
        values.push(value);
      }
      return values;
    },
  };
}

/** Values by their keys, no key twice. */
export function dictionary<K, V>(key: Kind<K>, value: Kind<V>): Kind<Map<K, V>> {
  const entries = list(tuple(key, value));
  return {
    names: `{${key.names}:${value.names}}`,
    write: (map) => entries.write([...map]),
    read: (json) => {
      const read = entries.read(json);
      if (read === BAD) return BAD;
      const map = new Map(read);
      return map.size === read.length ? map : BAD;
    },
  };
}

/** A value with the given fields and no others, of which the names are written once, in {@link Kind.names}. */
export function record<T extends object>(fields: {
  readonly [K in keyof T]-?: Kind<T[K]>;
}): Kind<T> {
  const all = Object.entries<Kind<unknown>>(fields as Readonly<Record<string, Kind<unknown>>>);
  return {
    names: `(${all.map(([name, kind]) => `${name}:${kind.names}`).join()})`,
    write: (value) => all.map(([name, kind]) => kind.write(value[name as keyof T])),
    read: (json) => {
      if (!Array.isArray(json) || json.length !== all.length) return BAD;
      const value: Record<string, unknown> = {};
      for (const [at, [name, kind]] of all.entries()) {
        const read = kind.read(json[at]);
        if (read === BAD) return BAD;
        value[name] = read;
      }
      return value as T;
    },
  };
}

/** A value of which no field is optional: those are `undefined` instead. */
export type Whole<T> = { readonly [K in keyof T]-?: T[K] | undefined };

/** A value of which fields are absent where they would be `undefined`. */
export function sparse<T extends object>(whole: Kind<Whole<T>>): Kind<T> {
  return {
    names: whole.names,
    write: (value) => whole.write(value as Whole<T>),
    read: (json) => {
      const read = whole.read(json);
      if (read === BAD) return BAD;
      const present = Object.entries(read).filter(([, value]) => value !== undefined);
      return Object.fromEntries(present) as T;
    },
  };
}

function tuple<K, V>(key: Kind<K>, value: Kind<V>): Kind<readonly [K, V]> {
  return {
    names: `${key.names}:${value.names}`,
    write: (pair) => [key.write(pair[0]), value.write(pair[1])],
    read: (json) => {
      if (!Array.isArray(json) || json.length !== 2) return BAD;
      const first = key.read(json[0]);
      const second = value.read(json[1]);
      return first === BAD || second === BAD ? BAD : [first, second];
    },
  };
}

function plain<T>(names: string, isOne: (json: unknown) => json is T): Kind<T> {
  return { names, write: (value) => value, read: (json) => (isOne(json) ? json : BAD) };
}
