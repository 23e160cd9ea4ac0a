import { Responder, type ConflictWatch, type ProbeOutcome } from '@picluster/arp-responder';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openLinkSocket, type PacketLinkSocket } from '../src/index.ts';
import { systemTimer } from '../src/seams/system-timer.ts';
import { Cable, buildAddon, inLab, ip, uniqueName, until } from './seams/lab.ts';

const [FREE, TAKEN, FREE6, TAKEN6] = ['192.0.2.10', '192.0.2.11', '2001:db8::10', '2001:db8::11'];

const pingIsThere = spawnSync('ping', ['-V']).status === 0;

describe.skipIf(!inLab)('beside a machine with a kernel of its own', () => {
  let cable: Cable;
  let machine: string;
  let mac: string;
  let link: PacketLinkSocket;
  let told: string[];
  let responder: Responder;

  beforeAll(buildAddon);
  beforeEach(async () => {
    cable = new Cable();
    machine = uniqueName('m');
    ip(`netns add ${machine}`);
    ip(`link set ${cable.theirs} netns ${machine}`);
    const inside = (words: string): string => ip(`-netns ${machine} ${words}`);
    for (const address of ['192.0.2.99/24', `${TAKEN}/24`]) {
      inside(`address add ${address} dev ${cable.theirs}`);
    }
    for (const address of ['2001:db8::99/64', `${TAKEN6}/64`]) {
      inside(`address add ${address} dev ${cable.theirs} nodad`);
    }
    inside(`link set ${cable.theirs} up`);
    const [shown] = JSON.parse(inside(`-json link show ${cable.theirs}`)) as { address: string }[];
    mac = shown?.address ?? '';
    link = openLinkSocket({ interfaceName: cable.ours });
    await until(() => link.up, 'link up');
    told = [];
    const conflicts: ConflictWatch = {
      isOurs: () => false,
      conflict: (address, holder, yielded) => void told.push(`${holder} ${address} ${yielded}`),
      cleared: () => {},
    };
    const clock = { nowMs: () => link.nowMs(), timer: systemTimer };
    responder = new Responder({ link, clock, conflicts }, { echoPerSecond: 10 });
    responder.start();
  });
  afterEach(() => {
    responder.close();
    ip(`netns delete ${machine}`);
    cable[Symbol.dispose]();
  });

  /** Whether the machine has an answer from `address` to one of three pings. */
  async function canPing(address: string): Promise<boolean> {
    const words = [
      'netns',
      'exec',
      machine,
      'ping',
      '-n',
      '-c',
      '3',
      '-i',
      '0.2',
      '-W',
      '1',
      address,
    ];
    const child = spawn('ip', words, { stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0;
  }

  test.skipIf(!pingIsThere).each([FREE, FREE6])(
    'it finds the address and pings it: %s',
    async (address) => {
      responder.own(address, Infinity);
      expect(await canPing(address)).toBe(true);
      expect(told).toEqual([]);
    },
  );

  test.each([TAKEN, TAKEN6])(
    'what it has is found out, named, and left to it: %s',
    async (address) => {
      const outcomes: ProbeOutcome[] = [];
      responder.probe(address, (outcome) => void outcomes.push(outcome));
      await until(() => outcomes.length > 0, 'the outcome');
      expect(outcomes).toEqual([{ kind: 'foreign', mac }]);
      responder.own(address, Infinity, { fresh: true });
      await until(() => told.length > 0, 'the conflict');
      expect(told).toEqual([`${mac} ${address} true`]);
      expect(responder.contested()).toEqual(new Map([[address, mac]]));
    },
  );

  test('an address that it does not have is free', async () => {
    const outcomes: string[] = [];
    for (const address of [FREE, FREE6]) {
      responder.probe(address, ({ kind }) => void outcomes.push(kind));
    }
    await until(() => outcomes.length === 2, 'the outcomes');
    expect(outcomes).toEqual(['clear', 'clear']);
  });
});
