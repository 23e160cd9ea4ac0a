// What a kubelet does of which a speaker could learn: it renews the node's Lease, and says whether the speaker's Pod is ready.
//
//   KUBELET_TOKEN=... node kubelet.mjs <API server> <file of its CA> <node> <namespace>/<Pod> <URL that says whether the Pod is ready>
//
// It runs in the node's own network, so that what cuts the node off cuts this off too.
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { Agent, request } from 'node:https';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** A kubelet's own: the Lease lasts 40 s and is renewed every 10 s. */
const RENEW_EVERY_MS = 10_000;
const LEASE_SECONDS = 40;
/** Until the Pod is ready it is asked often, so that nobody waits for the lab; then as often as two probes ask, each every 10 s. */
const LOOK_EVERY_MS = { unready: 1_000, ready: 5_000 };
const LIMIT_MS = 5_000;
const PROBE_LIMIT_MS = 1_000;

const [server, caFile, node, pod, readyUrl] = process.argv.slice(2);
const [namespace, podName] = pod.split('/');
const agent = new Agent({ ca: readFileSync(caFile), keepAlive: true, timeout: LIMIT_MS });
const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** Sends a merge patch, or creates; the status of the answer. */
function write(method, path, body) {
  return new Promise((resolve, reject) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers = {
      authorization: `Bearer ${process.env.KUBELET_TOKEN}`,
      'content-type': type,
    };
    const options = { method, headers, agent, timeout: LIMIT_MS };
    const outgoing = request(new URL(path, server), options, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
      answer.once('error', reject);
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}

function isReady() {
  return new Promise((resolve) => {
    const asked = get(readyUrl, { agent: false, timeout: PROBE_LIMIT_MS }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode === 200));
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
  });
}

async function renew() {
  const renewTime = new Date().toISOString().replace('Z', '000Z');
  const spec = { holderIdentity: node, leaseDurationSeconds: LEASE_SECONDS, renewTime };
  const status = await write('PATCH', `${leases}/${node}`, { spec });
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: node } };
  if (status === 404) await write('POST', leases, { ...lease, spec });
}

async function tell(ready) {
  const condition = { type: 'Ready', status: ready ? 'True' : 'False' };
  const path = `/api/v1/namespaces/${namespace}/pods/${podName}/status`;
  const status = await write('PATCH', path, { status: { conditions: [condition] } });
  if (status !== 200) throw new Error(`Pod status: ${status}`);
}

let told;
let renewedMs = -Infinity;
for (;;) {
  try {
    if (performance.now() - renewedMs >= RENEW_EVERY_MS) {
      await renew();
      renewedMs = performance.now();
    }
    const ready = await isReady();
    if (ready !== told) {
      await tell(ready);
      told = ready;
    }
  } catch (error) {
    console.error(error.message);
  }
  await sleep(told === true ? LOOK_EVERY_MS.ready : LOOK_EVERY_MS.unready);
}
