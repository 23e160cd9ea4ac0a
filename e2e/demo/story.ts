import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CLIENT } from '../lab/addresses.ts';
import { nowMs, type Recorder } from '../lab/asker.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabNode } from '../lab/lab-node.ts';
import { tableOf } from '../lab/table.ts';
import { readService } from '../lab/services.ts';
import { duration, type Narrator } from './narrator.ts';

/** The namespace that the manifests name. */
export const NAMESPACE = 'metallb';

const SERVICE = 'web';
const SERVICES_PATH = '/api/v1/namespaces/default/services';
const EVENTS_PATH = '/api/v1/namespaces/default/events';
const ASK_EVERY_MS = 10;
const TAKEOVER_LIMIT_MS = 20_000;

/** What the parts of the story share. */
export interface Scene {
  readonly lab: Lab;
  readonly tell: Narrator;
  readonly isReal: boolean;
}

/** The cast: who is where. */
export async function introduce({ lab, tell, isReal }: Scene, startedInMs: number): Promise<void> {
  tell.step(
    `A cluster of ${lab.nodes.length} nodes on a LAN, in network namespaces (${duration(startedInMs)})`,
  );
  for (const { name, addresses } of lab.nodes)
    tell.say(`${name}       ${addresses.ipv4}   ${addresses.mac}`);
  tell.say(`client   ${CLIENT.ipv4}  on the same LAN, knows nothing of Kubernetes`);
  tell.blank();
  tell.say(
    isReal
      ? 'Kubernetes is real: etcd, kube-apiserver, kube-controller-manager, and kube-proxy on each node.'
      : 'The API server is @picluster/kube-sim, in memory. There is no kube-proxy: a few nftables rules on each\n' +
          'node stand in for it. (npm run demo -- --real does the same on real Kubernetes.)',
  );
  tell.blank();
  tell.command('kubectl get nodes', await tableOf(lab.api, '/api/v1/nodes'));
}

/** Our daemons, as they are shipped, with the rights that deploy/rbac gives them. */
export async function startDaemons({ lab, tell }: Scene): Promise<void> {
  tell.step('The controller, and a speaker on each node');
  const startMs = nowMs();
  await lab.startDaemons();
  tell.fact(`all four ready after ${duration(nowMs() - startMs)}`);
}

/** A Service alone stays pending: nobody owns an address yet. */
export async function applyService({ lab, tell }: Scene): Promise<void> {
  tell.step('A Service of type LoadBalancer: without a pool it waits');
  await apply({ lab, tell }, 'service.yaml');
  await lab.endpoints(await readService(lab.api, SERVICE, 'default'));
  tell.command(
    `kubectl get service ${SERVICE}`,
    await tableOf(lab.api, `${SERVICES_PATH}/${SERVICE}`),
  );
}

/** The pool comes, and with it the address, in the status and on the wire. Gives the address. */
export async function applyPool({ lab, tell, isReal }: Scene): Promise<string> {
  tell.step('An IPAddressPool and an L2Advertisement: the address appears');
  const startMs = nowMs();
  await apply({ lab, tell }, 'metallb-config.yaml');
  const [address = ''] = await lab.addresses(SERVICE);
  const assignedMs = nowMs() - startMs;
  const answer = await lab.client.arp(address, 10_000);
  if (answer === undefined) throw new Error(`nobody on the LAN answers for ${address}`);
  if (!isReal) await lab.standInForKubeProxy(SERVICE);
  tell.command(
    `kubectl get service ${SERVICE}`,
    await tableOf(lab.api, `${SERVICES_PATH}/${SERVICE}`),
  );
  tell.fact(`EXTERNAL-IP ${address} in the status ${duration(assignedMs)} after kubectl apply`);
  tell.fact(`first ARP answer on the LAN ${duration(answer.atMs - startMs)} after kubectl apply`);
  return address;
}

/** ARP and HTTP from the client. Gives the node that answers. */
export async function askFromLan({ lab, tell }: Scene, address: string): Promise<LabNode> {
  tell.step('The client asks');
  const owner = await arp({ lab, tell }, address);
  await http({ lab, tell }, address);
  tell.blank();
  tell.command(
    `kubectl get events --field-selector involvedObject.name=${SERVICE}`,
    await tableOf(lab.api, `${EVENTS_PATH}?fieldSelector=involvedObject.name%3D${SERVICE}`),
  );
  return owner;
}

/** The owner dies; the client goes on asking, and hears another. */
export async function killOwner(scene: Scene, address: string, owner: LabNode): Promise<void> {
  const { lab, tell } = scene;
  tell.step(
    `The speaker on ${owner.name} is killed (kill -9), while the client asks every ${ASK_EVERY_MS} ms`,
  );
  const recorder = await lab.client.askEvery(ASK_EVERY_MS, address);
  await lab.waitFor('an answer before the kill', () => recorder.firstAnswer());
  await owner.speaker.kill();
  const killedMs = nowMs();
  tell.say(
    'The others miss its heartbeats, and agree on one of them, after 0.8 s. Two never answer at once.',
  );
  const successor = await untilAnotherAnswers(scene, recorder, owner);
  await lab.waitFor(
    'a second of answers',
    () => recorder.firstAnswer(killedMs) !== undefined && hasSecondOf(recorder, successor),
  );
  await recorder.stop();
  report(tell, recorder, owner, successor, killedMs);
  await http({ lab, tell }, address);
}

async function untilAnotherAnswers(
  { lab }: Scene,
  recorder: Recorder,
  owner: LabNode,
): Promise<LabNode> {
  return await lab.waitFor(
    `another node to answer for ${owner.name}`,
    () => {
      const other = recorder.answerers.find((mac) => mac !== owner.mac);
      return other !== undefined && lab.nodeOf(other);
    },
    TAKEOVER_LIMIT_MS,
  );
}

function hasSecondOf(recorder: Recorder, node: LabNode): boolean {
  const first = recorder.firstAnswer(0, node.mac);
  return first !== undefined && (recorder.answers.at(-1)?.atMs ?? 0) - first.atMs > 1_000;
}

function report(
  tell: Narrator,
  recorder: Recorder,
  owner: LabNode,
  successor: LabNode,
  killedMs: number,
): void {
  const { twoAnswered, handovers, questions, answers } = recorder;
  if (twoAnswered.length > 0) {
    throw new Error(`two nodes answered at once: ${JSON.stringify(twoAnswered[0])}`);
  }
  const [handover] = handovers;
  if (handover === undefined || handovers.length > 1) {
    throw new Error(`the address moved ${handovers.length} times: ${JSON.stringify(handovers)}`);
  }
  tell.fact(
    `${successor.name} answers ${duration(handover.atMs - killedMs)} after the death of ${owner.name}`,
  );
  tell.fact(`silence on the wire: ${duration(handover.gapMs)}`);
  tell.fact(`${questions.length} questions, ${answers.length} answers, never two nodes at once`);
}

async function arp({ lab, tell }: Pick<Scene, 'lab' | 'tell'>, address: string): Promise<LabNode> {
  const answer = await lab.client.arp(address);
  if (answer === undefined) throw new Error(`nobody answers ARP for ${address}`);
  const node = lab.nodeOf(answer.mac);
  tell.fact(
    `ARP: who has ${address}?  ${answer.mac}, that is ${node.name} (${answer.ms.toFixed(2)} ms)`,
  );
  return node;
}

async function http({ lab, tell }: Pick<Scene, 'lab' | 'tell'>, address: string): Promise<void> {
  const fetched = await lab.waitFor(`http://${address}/ to answer`, async () => {
    const answer = await lab.client.curl(address, 1_000);
    return answer.ok && answer;
  });
  tell.fact(`HTTP: GET http://${address}/  ${fetched.status} "${fetched.body.trim()}"`);
}

async function apply({ lab, tell }: Pick<Scene, 'lab' | 'tell'>, file: string): Promise<void> {
  const text = readFileSync(fileURLToPath(new URL(`manifests/${file}`, import.meta.url)), 'utf8');
  const applied = await lab.apply(text);
  const lines = applied.map(({ name, outcome }) => `${name} ${outcome}`);
  tell.command(`kubectl apply -f e2e/demo/manifests/${file}`, lines.join('\n'));
}
