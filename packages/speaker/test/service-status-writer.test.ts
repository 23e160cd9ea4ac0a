import { KubeError, WorkQueue } from '@picluster/kube';
import { seededRandom, SimClock } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { L2_STATUS, serviceStatusName } from '../src/service-status.ts';
import { AnnouncedServices } from '../src/announced-services.ts';
import { ServiceStatusWriter, LEFTOVER_MS, SETTLE_MS } from '../src/service-status-writer.ts';
import { StatusApi } from './status-api.ts';

let clock: SimClock;
let api: StatusApi;

/** Ends the processes of nodes, by node. */
const end = new Map<string, () => void>();

/** What one node announces, and the writer that says so. */
interface Node {
  /** From now on these Services are what it announces on the address, and that is where. */
  set(address: string, services: readonly string[], where: readonly string[]): void;
  readonly writer: ServiceStatusWriter;
}

/** One node, at work from now on. */
function start(node: string): Node {
  const random = seededRandom(1);
  const queue = new WorkQueue({ clock, random });
  const announced = new AnnouncedServices();
  const writer = new ServiceStatusWriter(
    {
      client: api,
      objects: api.mirror(),
      whereIs: (service) => announced.whereIs(service),
      enqueue: (key, ms) => queue.addAfter(key, ms),
    },
    { kind: L2_STATUS, node, namespace: 'metallb-system' },
  );
  const watching = writer.watch();
  const process = new AbortController();
  void queue.run((key, signal) => writer.reconcile(key, signal), process.signal);
  end.set(node, () => {
    process.abort();
    watching[Symbol.dispose]();
  });
  return {
    set: (address, services, where) => {
      const { touched, begun } = announced.set(address, services, where);
      for (const service of touched) writer.changed(service, begun.includes(service));
    },
    writer,
  };
}

let n1: Node;
let n2: Node;
beforeEach(() => {
  clock = new SimClock();
  api = new StatusApi(clock);
  n1 = start('n1');
  n2 = start('n2');
});

/** Lets everything come to rest, and gives the requests that it took. */
async function rest(ms: number = 5000): Promise<string[]> {
  const before = api.requests.length;
  await clock.advance(ms);
  return api.requests.slice(before);
}

const WEB = ['default/web'];

describe('the status of a Service', () => {
  test('names the node and its interfaces soon after it is announced, by two writes', async () => {
    n1.set('10.0.0.1', WEB, ['eth0']);
    expect(await rest(SETTLE_MS + 50)).toEqual(['POST all', 'PATCH one status']);
    expect(api.shown).toEqual(['web n1 eth0']);
  });

  test('is not written again while nothing changes, whatever is said again', async () => {
    n1.set('10.0.0.1', WEB, ['eth0']);
    await rest();
    n1.set('10.0.0.1', WEB, ['eth0']);
    expect(await rest(600_000)).toEqual([]);
  });

  test('joins the interfaces of all addresses of the Service, and follows them by one write', async () => {
    n1.set('10.0.0.1', WEB, ['eth1']);
    n1.set('fd00::1', WEB, ['eth0']);
    await rest();
    expect(api.shown).toEqual(['web n1 eth0+eth1']);
    n1.set('fd00::1', [], []);
    expect(await rest()).toEqual(['PATCH one status']);
    expect(api.shown).toEqual(['web n1 eth1']);
  });

  test('is one object for each Service that shares the address', async () => {
    n1.set('10.0.0.1', ['default/dns', 'default/web'], ['eth0']);
    await rest();
    expect(api.shown).toEqual(['dns n1 eth0', 'web n1 eth0']);
    n1.set('10.0.0.1', WEB, ['eth0']);
    expect(await rest()).toEqual(['DELETE one']);
    expect(api.shown).toEqual(['web n1 eth0']);
  });

  test('goes when the Service is announced no more', async () => {
    n1.set('10.0.0.1', WEB, ['eth0']);
    await rest();
    n1.set('10.0.0.1', [], []);
    expect(await rest()).toEqual(['DELETE one']);
    expect(api.shown).toEqual([]);
  });

  test('that came and went before it was written is never written', async () => {
    n1.set('10.0.0.1', WEB, ['eth0']);
    n1.set('10.0.0.1', [], []);
    expect(await rest()).toEqual([]);
  });
});

describe('when the address moves', () => {
  test('the new node removes the word of one that died', async () => {
    n1.set('10.0.0.1', WEB, ['eth0']);
    await rest();
    end.get('n1')?.();
    n2.set('10.0.0.1', WEB, ['eth0']);
    expect(await rest()).toEqual(['DELETE one', 'POST all', 'PATCH one status']);
    expect(api.shown).toEqual(['web n2 eth0']);
  });

  test('exactly one word remains, whoever is faster', async () => {
    n1.set('10.0.0.1', WEB, ['eth0']);
    await rest();
    n2.set('10.0.0.1', WEB, ['eth0']);
    n1.set('10.0.0.1', [], []);
    await rest();
    expect(api.shown).toEqual(['web n2 eth0']);
    n1.set('10.0.0.1', WEB, ['eth0']);
    await rest(3000);
    n2.set('10.0.0.1', [], []);
    await rest();
    expect(api.shown).toEqual(['web n1 eth0']);
  });

  test('two nodes that both announce, each on its own interface, both keep their word, and no more is written', async () => {
    n1.set('10.0.0.1', WEB, ['eth0']);
    n2.set('10.0.0.1', WEB, ['eth1']);
    await rest(10_000);
    expect(api.shown).toEqual(['web n1 eth0', 'web n2 eth1']);
    expect(await rest(600_000)).toEqual([]);
  });
});

describe('when others write too', () => {
  test('what was changed or deleted by hand is mended', async () => {
    n1.set('10.0.0.1', WEB, ['eth0']);
    await rest();
    const [name = ''] = api.names();
    api.delete(name);
    await rest();
    expect(api.shown).toEqual(['web n1 eth0']);
    const labels = {
      'metallb.io/node': 'n1',
      'metallb.io/service-name': 'web',
      'metallb.io/service-namespace': 'default',
    };
    api.put(name, { labels, status: { interfaces: [{ name: 'made-up' }] } });
    await rest();
    expect(api.shown).toEqual(['web n1 eth0']);
  });

  test('an object that another process made meanwhile under the same name is taken over', async () => {
    const name = serviceStatusName('default/web', { kind: L2_STATUS, node: 'n1' });
    n1.set('10.0.0.1', WEB, ['eth0']);
    api.fault = ({ method }) => {
      api.fault = () => undefined;
      api.put(name, { labels: {} });
      return method === 'POST'
        ? new KubeError('already-exists', 'as the test wants it')
        : undefined;
    };
    await rest();
    n1.set('10.0.0.1', WEB, ['eth1']);
    await rest();
    expect(api.shown).toEqual(['web n1 eth1']);
  });

  test('what the API server refuses for now is written later', async () => {
    n1.set('10.0.0.1', WEB, ['eth0']);
    let refusals = 3;
    api.fault = () =>
      refusals-- > 0 ? new KubeError('server', 'as the test wants it') : undefined;
    await rest();
    expect(api.shown).toEqual(['web n1 eth0']);
  });

  test('in a cluster without the kind one try is made, and no more', async () => {
    api.fault = () => new KubeError('not-found', 'as the test wants it');
    n1.set('10.0.0.1', WEB, ['eth0']);
    expect(await rest(600_000)).toEqual(['POST all']);
  });
});

describe('a speaker that was started anew', () => {
  test('keeps what it said before and says again, without a write', async () => {
    n1.set('10.0.0.1', WEB, ['eth0']);
    await rest();
    end.get('n1')?.();
    const again = start('n1');
    await rest(1000);
    again.set('10.0.0.1', WEB, ['eth0']);
    expect(await rest(LEFTOVER_MS * 2)).toEqual([]);
    expect(api.shown).toEqual(['web n1 eth0']);
  });

  test('takes back what did not come true again, after a while', async () => {
    api.put('l2-left', {
      labels: {
        'metallb.io/node': 'n3',
        'metallb.io/service-name': 'web',
        'metallb.io/service-namespace': 'default',
      },
    });
    start('n3');
    await rest(LEFTOVER_MS - 1000);
    expect(api.names()).toEqual(['l2-left']);
    await rest();
    expect(api.names()).toEqual([]);
  });

  test('takes back all by one request when it stops, and asks nothing where there is nothing', async () => {
    n1.set('10.0.0.1', ['default/web', 'default/dns'], ['eth0']);
    await rest();
    const { signal } = new AbortController();
    const before = api.requests.length;
    await n2.writer.clear(signal);
    await n1.writer.clear(signal);
    expect(api.requests.slice(before)).toEqual(['DELETE all']);
    expect(api.shown).toEqual([]);
  });
});
