import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crdManifests } from '@picluster/api';
import {
  ALL_NODES,
  ARP_OPERATION,
  BROADCAST_MAC,
  decodeNeighborFrame,
  encodeArp,
  encodeEthernet,
  encodeNeighborFrame,
  ETHERTYPE,
  formatMac,
  multicastMac,
  NDP_OPTION,
  NDP_TYPE,
  parseAddress,
  solicitedNode,
} from '@picluster/arp-responder';
import { startKubeSim, type KubeSim } from '@picluster/kube-sim';
import { KEEP, PacketSocket } from '@picluster/packet-socket';

/** These tests make interfaces and open packet sockets: only in the namespaces of `node scripts/in-lab.mjs`. */
export const inLab: boolean = process.env['PICLUSTER_LAB'] === '1';

const NAMESPACE = 'metallb-system';
const repository = path.resolve(import.meta.dirname, '../../../..');
const ip = (words: string): void => void execFileSync('ip', words.split(' '), { stdio: 'pipe' });

/** The bytes of an address that is known to be good. */
function bytesOf(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new Error(`not an address: ${text}`);
  return bytes;
}

/** How a speaker is started. */
export interface SpeakerSettings {
  readonly strategy?: 'wire' | 'lease';
  /** Of its metrics; its health is one above. */
  readonly port?: number;
}

/** An API server in memory, a LAN of one cable, and the real speaker as a process of its own on one end of it. */
export class SpeakerLab implements AsyncDisposable {
  readonly sim: KubeSim;
  readonly #folder: string = mkdtempSync(path.join(tmpdir(), 'speaker-lab-'));
  readonly #processes: ChildProcess[] = [];
  readonly #heard: Uint8Array[] = [];
  #sockets: PacketSocket[] = [];

  private constructor(sim: KubeSim) {
    this.sim = sim;
    for (const crd of crdManifests) sim.applyManifest(crd);
    sim.applyManifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    sim.applyManifest({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
    this.#applyPool();
    this.#plug();
  }

  static async start(): Promise<SpeakerLab> {
    ip('link set lo up');
    return new SpeakerLab(await startKubeSim());
  }

  /** Starts a speaker on node n1, with short leases. Everything it logs is in `log`. */
  speaker({ strategy = 'lease', port = 19_120 }: SpeakerSettings = {}): {
    process: ChildProcess;
    log: string[];
  } {
    const kubeconfig = path.join(this.#folder, 'kubeconfig');
    writeFileSync(kubeconfig, this.sim.kubeconfig());
    const words = [
      ['--kubeconfig', kubeconfig, '--node-name', 'n1', '--l2-strategy', strategy],
      ['--metrics-port', String(port), '--health-port', String(port + 1)],
      ['--lease-duration', '3s', '--renew-deadline', '2s', '--retry-period', '500ms'],
    ].flat();
    const main = path.join(repository, 'packages/speaker/src/main.ts');
    const child = spawn(process.execPath, ['--conditions=@picluster/source', main, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream
        .setEncoding('utf8')
        .on('data', (text: string) => void log.push(...text.trim().split('\n')));
    }
    this.#processes.push(child);
    return { process: child, log };
  }

  /** A Service with these addresses in its status, and an endpoint on n1. */
  applyService(name: string, addresses: readonly string[]): void {
    this.sim.applyManifest({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { type: 'LoadBalancer', ports: [{ port: 80, protocol: 'TCP' }] },
      status: { loadBalancer: { ingress: addresses.map((address) => ({ ip: address })) } },
    });
    this.sim.applyManifest({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-1`,
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.0.1'], nodeName: 'n1', conditions: { ready: true } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    });
  }

  /** Asks by ARP or NDP who has `address`; the hardware address of who answers within `ms`, or `undefined`. */
  async ask(address: string, ms: number = 50): Promise<string | undefined> {
    this.#heard.length = 0;
    this.#sockets[0]?.send(address.includes(':') ? solicitationFor(address) : requestFor(address));
    const limitMs = performance.now() + ms;
    while (performance.now() < limitMs) {
      await pause(1);
      const answer = this.#heard.find((frame) => answersFor(frame, address));
      if (answer !== undefined) return formatMac(answer.subarray(6, 12));
    }
    return undefined;
  }

  /** Asks until somebody answers; gives the milliseconds that took. */
  async untilAnswered(address: string, limitMs: number = 10_000): Promise<number> {
    const startMs = performance.now();
    while ((await this.ask(address, 10)) === undefined) {
      if (performance.now() - startMs > limitMs) throw new Error(`nobody answers for ${address}`);
    }
    return performance.now() - startMs;
  }

  /** Makes a Node with this address, beside n1. */
  addNode(name: string, address: string): void {
    this.sim.applyManifest({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      status: { addresses: [{ type: 'InternalIP', address }] },
    });
  }

  /** A machine on the LAN that answers ARP for an address, until it is disposed of. */
  machine(address: string): Disposable {
    const socket = PacketSocket.open(
      { interfaceName: 'veth-client', etherType: ETHERTYPE.ARP, filter: [KEEP] },
      {
        onFrame: (frame) => {
          const reply = replyFor(frame, address);
          if (reply !== undefined) socket.send(reply);
        },
        onError: () => {},
      },
    );
    return socket;
  }

  /** Sends questions for other addresses, as fast as it goes, for `ms`; gives how many. */
  async storm(ms: number, perMs: number): Promise<number> {
    const frame = requestFor('198.51.100.77');
    const startMs = performance.now();
    let sent = 0;
    for (let nowMs = startMs; nowMs - startMs < ms; nowMs = performance.now()) {
      while (sent < (nowMs - startMs) * perMs) {
        if (this.#sockets[0]?.send(frame) === 'sent') sent++;
      }
      await pause(0);
    }
    return sent;
  }

  /** Deletes the interface of the speaker and makes it anew, with another hardware address. */
  flap(): void {
    this.#unplug();
    this.#plug();
  }

  /** The holder in the Lease of that name. */
  holder(lease: string): string | undefined {
    const found = this.sim.object('coordination.k8s.io/v1', 'Lease', lease, NAMESPACE);
    return (found?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes) child.kill('SIGKILL');
    this.#unplug();
    rmSync(this.#folder, { recursive: true, force: true });
    await this.sim.close();
  }

  #plug(): void {
    ip('link add eth0 type veth peer name veth-client');
    ip('link set eth0 up');
    ip('link set veth-client up');
    this.#sockets = [ETHERTYPE.ARP, ETHERTYPE.IPV6].map((etherType) =>
      PacketSocket.open(
        { interfaceName: 'veth-client', etherType, filter: [KEEP] },
        { onFrame: (frame) => void this.#heard.push(Uint8Array.from(frame)), onError: () => {} },
      ),
    );
  }

  #unplug(): void {
    for (const socket of this.#sockets) socket.close();
    ip('link delete eth0');
  }

  #applyPool(): void {
    const metadata = { name: 'pool', namespace: NAMESPACE };
    const addresses = ['192.0.2.0/24', '2001:db8::/64'];
    this.sim.applyManifest({
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata,
      spec: { addresses },
    });
    this.sim.applyManifest({
      apiVersion: 'metallb.io/v1beta1',
      kind: 'L2Advertisement',
      metadata,
      spec: {},
    });
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Waits in real time; rejects after `limitMs`. */
export async function until(condition: () => boolean, limitMs: number = 10_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`it did not happen within ${limitMs} ms`);
    await pause(10);
  }
}

const MACHINE_MAC = Uint8Array.of(2, 0, 0, 0, 0, 0x77);

function replyFor(frame: Uint8Array, address: string): Uint8Array | undefined {
  const ours = bytesOf(address);
  const isAsked =
    frame[21] === ARP_OPERATION.REQUEST && Buffer.from(ours).equals(frame.subarray(38, 42));
  if (!isAsked) return undefined;
  const asker = frame.slice(6, 12);
  return encodeEthernet({
    destination: asker,
    source: MACHINE_MAC,
    etherType: ETHERTYPE.ARP,
    payload: encodeArp({
      operation: ARP_OPERATION.REPLY,
      senderMac: MACHINE_MAC,
      senderIp: ours,
      targetMac: asker,
      targetIp: frame.slice(28, 32),
    }),
  });
}

const ASKER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 0x99);

function requestFor(address: string): Uint8Array {
  const payload = encodeArp({
    operation: ARP_OPERATION.REQUEST,
    senderMac: ASKER_MAC,
    senderIp: bytesOf('192.0.2.99'),
    targetMac: new Uint8Array(6),
    targetIp: bytesOf(address),
  });
  return encodeEthernet({
    destination: BROADCAST_MAC,
    source: ASKER_MAC,
    etherType: ETHERTYPE.ARP,
    payload,
  });
}

function solicitationFor(address: string): Uint8Array {
  const target = bytesOf(address);
  return encodeNeighborFrame({
    destinationMac: multicastMac(solicitedNode(target)),
    sourceMac: ASKER_MAC,
    source: bytesOf('fe80::99'),
    destination: solicitedNode(target),
    message: {
      type: NDP_TYPE.NEIGHBOR_SOLICITATION,
      target,
      options: [{ type: NDP_OPTION.SOURCE_LINK_LAYER_ADDRESS, data: ASKER_MAC }],
    },
  });
}

/** A unicast answer; announcements go to everybody and do not count. */
function answersFor(frame: Uint8Array, address: string): boolean {
  if (formatMac(frame.subarray(0, 6)) !== formatMac(ASKER_MAC)) return false;
  const wanted = Buffer.from(bytesOf(address));
  if (!address.includes(':')) return wanted.equals(frame.subarray(28, 32));
  const read = decodeNeighborFrame(frame);
  if (typeof read === 'string' || wanted.compare(read.message.target) !== 0) return false;
  return Buffer.compare(read.destination, ALL_NODES) !== 0;
}
