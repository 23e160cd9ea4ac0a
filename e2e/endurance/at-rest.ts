import type { PoolObject, ServiceObject } from '../chaos/cluster-model.ts';
import { shownBy } from '../chaos/cluster-model.ts';
import { problemsAtRest } from '../chaos/oracle.ts';
import type { Grounds } from './grounds.ts';
import { readinessOf } from './vitals.ts';

/** How long each address is asked for, and how often. */
const ASK_MS = 600;
const ASK_EVERY_MS = 50;

interface List<T> {
  readonly items: readonly T[];
}

/** What is not as it must be once nothing is done to the daemons any more; nothing: all is right. */
export async function problemsNow(grounds: Grounds): Promise<readonly string[]> {
  const { api, namespace } = grounds.lab;
  const pools = await api.get<List<PoolObject>>(
    `/apis/metallb.io/v1beta1/namespaces/${namespace}/ipaddresspools`,
  );
  const services = await api.get<List<ServiceObject>>('/api/v1/services');
  const problems = [
    ...problemsAtRest({ pools: pools.items, services: services.items }),
    ...(await unready(grounds)),
  ];
  return problems.length > 0 ? problems : await wrongAnswers(grounds, services.items);
}

async function unready({ subjects }: Grounds): Promise<readonly string[]> {
  const answers = await Promise.all(
    subjects.map(async (subject) => ({ subject, answer: await readinessOf(subject) })),
  );
  return answers
    .filter(({ answer }) => answer?.ready !== true)
    .map(({ subject, answer }) => `${subject.name} is not ready: ${answer?.words ?? 'no answer'}`);
}

/** Each address has one machine that answers for it. */
async function wrongAnswers(
  { lab }: Grounds,
  services: readonly ServiceObject[],
): Promise<readonly string[]> {
  const addresses = [...new Set(services.flatMap(shownBy))];
  const heard = await Promise.all(
    addresses.map(async (address) => {
      const recorder = await lab.client.askEvery(ASK_EVERY_MS, address, ASK_MS);
      return { address, answerers: (await recorder.finished()).answerers };
    }),
  );
  return heard
    .filter(({ answerers }) => answerers.length !== 1)
    .map(
      ({ address, answerers }) =>
        `${address} is answered for by ${answerers.join(' and ') || 'nobody'}`,
    );
}
