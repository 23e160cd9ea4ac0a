import { createHmac } from 'node:crypto';
import { Responder } from '@picluster/arp-responder';
import { nodeIdOf, type Hmac } from '@picluster/l2-election';
import { seededRandom, SimClock, SimLan, type SimPort } from '@picluster/testkit';
import { beforeEach, expect, test } from 'vitest';
import { AnswerWatchTask, type AnswerNews } from '../src/answer-watch-task.ts';
import { WireSegment } from '../src/wire-segment.ts';

const ADDRESS = '10.20.30.1';
const SECOND = '10.20.30.2';
/** Shorter than in life, as each second is simulated. */
const ASIDE_MS = 60_000;
const CANDIDATES = ['n1', 'n2', 'n3'];
const hmac: Hmac = (key, bytes) => createHmac('sha256', key).update(bytes).digest();
const idOf = (name: string): string => nodeIdOf(hmac, name);

/** A node whose election and answers are real, on a simulated LAN. */
class Node {
  readonly name: string;
  readonly mac: Uint8Array;
  readonly responder: Responder;
  readonly segment: WireSegment;
  readonly news: AnswerNews[] = [];
  readonly held = new Set<string>();
  readonly #port: SimPort;

  constructor(clock: SimClock, lan: SimLan, number: number) {
    this.name = `n${number}`;
    this.mac = Uint8Array.of(2, 0, 0, 0, 0, number);
    this.#port = lan.attach('eth0', this.mac);
    this.responder = new Responder({ link: this.#port, clock });
    this.responder.start();
    this.responder.standBy(ADDRESS);
    const election = lan.attach('eth0', this.mac);
    this.segment = new WireSegment(
      {
        link: election,
        nodeName: this.name,
        clock,
        random: seededRandom(number),
        hmac,
        listener: {
          gained: (address, untilMs) => {
            this.held.add(address);
            this.responder.own(address, untilMs);
          },
          lost: (address) => {
            this.held.delete(address);
            this.responder.disown(address);
          },
          renewed: (untilMs) => this.responder.refresh(untilMs),
          reported: (report) => watch.reported(report),
        },
      },
      () => ({ electorate: 'test', keys: [new Uint8Array(32)] }),
    );
    const watch = new AnswerWatchTask(
      {
        segment: this.segment,
        clock,
        whoHas: (address, waitMs, done) => this.responder.whoHas(address, waitMs, done),
        isSelf: () => false,
        neighbours: () => ['10.20.30.254', 'fe80::1'],
        idOf,
        tell: (news) => {
          if (news.kind !== 'counted') this.news.push(news);
        },
      },
      { asideMs: ASIDE_MS },
    );
    this.segment.followBy(watch);
    this.segment.begin();
  }

  get holds(): boolean {
    return this.held.has(ADDRESS);
  }

  stand(candidates: readonly string[] = CANDIDATES): void {
    this.segment.stand(ADDRESS, { candidates, preferred: [] });
  }

  standForSecond(): void {
    this.responder.standBy(SECOND);
    this.segment.stand(SECOND, { candidates: CANDIDATES, preferred: [], beside: ADDRESS });
  }

  /** Heartbeats pass from now on, and answers do not. */
  silence(): void {
    this.#port.send = () => 'sent';
    delete this.#port.answerFrom;
    this.responder.disown(ADDRESS);
  }
}

let clock: SimClock;
let lan: SimLan;
let nodes: Node[];
beforeEach(async () => {
  clock = new SimClock();
  lan = new SimLan({ clock }, { delayMs: 1 });
  const gateway = new Responder({
    link: lan.attach('eth0', Uint8Array.of(2, 0, 0, 0, 0, 0xfe)),
    clock,
  });
  gateway.start();
  gateway.own('10.20.30.254', Infinity);
  nodes = [1, 2, 3].map((number) => new Node(clock, lan, number));
  for (const node of nodes) node.stand();
  await clock.advance(3000);
});

function holder(): Node {
  const holders = nodes.filter(({ holds }) => holds);
  expect(holders).toHaveLength(1);
  return holders[0] as Node;
}

const kindsOf = ({ news }: Node): string[] => news.map(({ kind }) => kind);

test('while the holder answers nobody says anything, and nothing moves', async () => {
  const first = holder();
  await clock.advance(100_000);
  expect(holder()).toBe(first);
  expect(nodes.flatMap(kindsOf)).toEqual([]);
});

test('a holder that is silent is told by the others, says why, and hands over to one of them; after a while it stands again', async () => {
  const first = holder();
  first.silence();
  await clock.advance(40_000);
  const next = holder();
  expect(next).not.toBe(first);
  expect(first.news).toContainEqual({
    kind: 'set-aside',
    address: ADDRESS,
    tellers: 2,
    others: 2,
    except: [],
  });
  for (const node of nodes.filter((one) => one !== first)) {
    expect(node.news).toContainEqual(
      expect.objectContaining({ kind: 'fault', fault: 'silent', now: true }),
    );
    expect(node.news).toContainEqual(
      expect.objectContaining({ kind: 'fault', fault: 'silent', now: false }),
    );
  }
  // What the cluster says meanwhile does not bring it back, and it does not forget who else may.
  first.stand(['n1', 'n2', 'n3', 'n4']);
  await clock.advance(20_000);
  expect(kindsOf(first)).not.toContain('back');
  await clock.advance(40_000);
  expect(kindsOf(first)).toContain('back');
  expect(holder()).toBe(next);
});

test('with an address go those that belong together with it, to the same node, and once', async () => {
  for (const node of nodes) node.standForSecond();
  await clock.advance(3000);
  const first = holder();
  expect(first.held).toEqual(new Set([ADDRESS, SECOND]));
  // It answers for the one and not for the other.
  first.responder.disown(SECOND);
  await clock.advance(60_000);
  const next = holder();
  expect(next).not.toBe(first);
  expect(next.held).toEqual(new Set([ADDRESS, SECOND]));
  expect(first.held).toEqual(new Set());
  await clock.advance(60_000);
  expect(kindsOf(first)).toContain('back');
  expect(next.held).toEqual(new Set([ADDRESS, SECOND]));
  // Both may come back to it.
  for (const node of nodes.filter((one) => one !== first)) void node.segment.close();
  await clock.advance(3000);
  first.segment.election?.setAlone(true);
  await clock.advance(3000);
  expect(first.held).toEqual(new Set([ADDRESS, SECOND]));
});

test('a node that may not answer any more does not come back for it', async () => {
  const first = holder();
  first.silence();
  await clock.advance(40_000);
  first.segment.resign(ADDRESS);
  await clock.advance(70_000);
  expect(kindsOf(first)).not.toContain('back');
});

test('a segment that ends takes back what it said, and asks nothing any more', async () => {
  const first = holder();
  const other = nodes.find((one) => one !== first);
  // Nobody else asks, so the address stays.
  const third = nodes.find((one) => one !== first && one !== other);
  await third?.segment.close();
  first.stand(['n1']);
  first.segment.setAside = () => {};
  first.silence();
  await clock.advance(40_000);
  expect(other?.news.at(-1)).toMatchObject({ kind: 'fault', now: true });
  await other?.segment.close();
  expect(other?.news.at(-1)).toMatchObject({ kind: 'fault', now: false });
  const said = other?.news.length;
  await clock.advance(60_000);
  expect(other?.news).toHaveLength(said ?? 0);
});
