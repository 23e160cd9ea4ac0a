// How fast messages are read and written, beside GoBGP's packet library on the same bytes; and what addresses cost as text or as bytes.
//
//   npx node --conditions=@picluster/source packages/bgp/bench/codec.ts [rounds, default 40]
//
// Needs Go. What is measured is CPU, of all threads, so that what else the machine does matters less; each works through a whole corpus a round, and the median of the rounds
// counts, of which the first half is for the compilers to warm up.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ipv4PrefixAt } from '../src/codec/address.ts';
import {
  AdjRibOut,
  UNNEGOTIATED,
  decodeMessage,
  encodeMessage,
  packUpdates,
  type Prefix,
  type RouteAttribute,
  type RouteSet,
  type UpdateMessage,
} from '../src/index.ts';

const rounds = Number(process.argv[2] ?? 40);
const here = import.meta.dirname;
const options = { ...UNNEGOTIATED, external: false };

interface Corpus {
  readonly name: string;
  readonly prefixes: number;
  readonly updates: readonly UpdateMessage[];
}

const host = (at: number): Prefix => `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}/32`;
const host6 = (at: number): Prefix =>
  `2001:db8:${(at >> 8).toString(16)}::${(at & 255).toString(16)}/128`;

function attributes(variant: number): RouteAttribute[] {
  const asns = [64_512, 65_000 + (variant % 7), 4_200_000_000 + variant];
  return [
    { type: 'ORIGIN', origin: 'IGP' },
    { type: 'AS_PATH', segments: [{ type: 'AS_SEQUENCE', asns }] },
    { type: 'MULTI_EXIT_DISC', value: variant },
    { type: 'LOCAL_PREF', value: 100 },
    { type: 'COMMUNITIES', communities: ['65000:100', `65000:${variant % 1000}`] },
    { type: 'LARGE_COMMUNITY', communities: [`64512:1:${variant}`] },
  ];
}

function corpus(name: string, announced: readonly RouteSet[]): Corpus {
  const { updates } = packUpdates({ withdrawn: [], announced }, options);
  const prefixes = announced.reduce((sum, set) => sum + [...set.prefixes].length, 0);
  return { name, prefixes, updates };
}

/** `count` routes with `each` prefixes. */
function sets(
  count: number,
  each: number,
  prefix: (at: number) => Prefix,
  address: string,
): RouteSet[] {
  return Array.from({ length: count }, (_, variant) => ({
    nextHop: { address },
    attributes: attributes(variant),
    prefixes: Array.from({ length: each }, (_unused, at) => prefix(variant * each + at)),
  }));
}

const CORPORA: readonly Corpus[] = [
  corpus('10,000 Services, IPv4, one route', sets(1, 10_000, host, '192.0.2.1')),
  corpus('10,000 Services, IPv6, one route', sets(1, 10_000, host6, '2001:db8::1')),
  corpus('10,000 routes of 3 prefixes, IPv4', sets(10_000, 3, host, '192.0.2.1')),
  corpus('10,000 routes of 1 prefix, IPv6', sets(10_000, 1, host6, '2001:db8::1')),
];

interface Times {
  /** Microseconds of CPU of each round. */
  readonly decode: readonly number[];
  readonly encode: readonly number[];
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function ours(messages: readonly Uint8Array[]): Times {
  const [decode, encode]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    let start = cpu();
    const decoded = messages.map((bytes) => decodeMessage(bytes, options));
    decode.push(cpu() - start);
    const values = decoded.map((one) => {
      if (!one.ok || one.errors.length > 0) throw new Error('it cannot be read');
      return one.message;
    });
    start = cpu();
    let length = 0;
    for (const value of values) length += encodeMessage(value, options).length;
    encode.push(cpu() - start);
    if (length !== messages.reduce((sum, bytes) => sum + bytes.length, 0)) {
      throw new Error('other bytes than it was read from');
    }
  }
  return { decode, encode };
}

function median(times: readonly number[]): number {
  const warm = times.slice(times.length >> 1).toSorted((a, b) => a - b);
  return warm[warm.length >> 1] ?? Number.NaN;
}

/** Things a second, of one whose CPU this is. */
function rate(count: number, us: number): string {
  const perSecond = (count / us) * 1e6;
  return perSecond < 1e6
    ? `${(perSecond / 1e3).toFixed(0)} k/s`
    : `${(perSecond / 1e6).toFixed(1)} M/s`;
}

/** A prefix as text, and as bytes of its own, read from the same NLRI. */
function addressCost(): void {
  const wire = encodeMessage(CORPORA[0]?.updates[0] ?? { type: 'KEEPALIVE' }, options).slice(-4000);
  const repeats = 200;
  const nsOf = (read: (at: number) => unknown): number => {
    const times: number[] = [];
    const kept: unknown[] = [];
    for (let round = 0; round < rounds; round++) {
      const start = cpu();
      for (let repeat = 0; repeat < repeats; repeat++) {
        for (let at = 0; at < wire.length; at += 5) kept[at / 5] = read(at);
      }
      times.push(cpu() - start);
    }
    return (median(times) * 1000) / (repeats * kept.length);
  };
  const text = nsOf((at) => ipv4PrefixAt(wire, at));
  const bytes = nsOf((at) => ({ bits: wire[at], address: wire.slice(at + 1, at + 5) }));
  console.log(
    `\na prefix read as text: ${text.toFixed(0)} ns; as bytes of its own: ${bytes.toFixed(0)} ns, ${(bytes / text).toFixed(1)} times as long`,
  );
}

/** From wanted routes to bytes. */
function ribCost(): void {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const rib = new AdjRibOut();
    const route = { nextHop: { address: '192.0.2.1' }, attributes: attributes(1) };
    const start = cpu();
    for (let at = 0; at < 10_000; at++) rib.announce(host(at), route);
    rib.open({ ...options, extendedNextHop: false, enhancedRouteRefresh: false });
    for (const message of rib.take()) encodeMessage(message, options);
    times.push(cpu() - start);
  }
  console.log(
    `Adj-RIB-Out: 10,000 wanted prefixes to bytes in ${(median(times) / 1000).toFixed(1)} ms of CPU`,
  );
}

const folder = mkdtempSync(path.join(tmpdir(), 'bgp-codec-'));
try {
  const program = path.join(folder, 'go-codec');
  execFileSync('go', ['build', '-o', program, '.'], {
    cwd: path.join(here, 'go-codec'),
    stdio: 'inherit',
  });
  console.log(
    '| messages | | ours: prefixes | messages | GoBGP 3.37: prefixes | messages | ours : GoBGP |\n|---|---|---|---|---|---|---|',
  );
  for (const { name, prefixes, updates } of CORPORA) {
    const messages = updates.map((update) => encodeMessage(update, options));
    const file = path.join(folder, 'messages');
    writeFileSync(file, Buffer.concat(messages));
    const own = ours(messages);
    const theirs = JSON.parse(
      execFileSync(program, [file, String(rounds)], { encoding: 'utf8' }),
    ) as Times;
    for (const what of ['decode', 'encode'] as const) {
      const [mine, peer] = [median(own[what]), median(theirs[what])];
      const row = [
        what === 'decode' ? `${name}: ${messages.length} messages` : '',
        what,
        rate(prefixes, mine),
        rate(messages.length, mine),
        rate(prefixes, peer),
        rate(messages.length, peer),
        (peer / mine).toFixed(2),
      ];
      console.log(`| ${row.join(' | ')} |`);
    }
  }
  addressCost();
  ribCost();
} finally {
  rmSync(folder, { recursive: true });
}
