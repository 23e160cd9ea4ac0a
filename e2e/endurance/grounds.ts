import path from 'node:path';
import { makeCertificate } from '../chaos/certificate.ts';
import { MisbehavingProxy, upstreamOf } from '../chaos/misbehaving-proxy.ts';
import type { Daemon } from '../lab/daemon.ts';
import { Lab } from '../lab/lab.ts';
import type { LabNode } from '../lab/lab-node.ts';
import { MANAGEMENT } from '../lab/addresses.ts';
import { Reach } from './reach.ts';

/** A daemon that is watched. Its only way to the API server is a proxy of its own. */
export interface Subject {
  readonly name: string;
  readonly daemon: Daemon;
  readonly proxy: MisbehavingProxy;
  readonly reach: Reach;
  /** Address at which the test reaches its ports. */
  readonly host: string;
  /** Of a speaker: its node. */
  readonly node: LabNode | undefined;
}

/** One that runs on a node. */
export type Speaker = Subject & { readonly node: LabNode };

/** Short, so that a controller that is cut off for some seconds loses the Lease. */
const LEASE = ['--lease-duration=3s', '--renew-deadline=2s', '--retry-period=500ms'];
const CONTROLLERS = ['controller-a', 'controller-b'];

/** The lab with real Kubernetes, two controllers and a speaker on each of three nodes, each behind a proxy that can misbehave. */
export class Grounds implements AsyncDisposable {
  readonly lab: Lab;
  readonly subjects: readonly Subject[];

  private constructor(lab: Lab, subjects: readonly Subject[]) {
    this.lab = lab;
    this.subjects = subjects;
  }

  /** Starts all of it and waits until every daemon is ready. `under`: a command that becomes each daemon. */
  static async start(folder: string, under: readonly string[]): Promise<Grounds> {
    const lab = await Lab.start({ kubernetes: 'real' });
    const host = await lab.joinLan();
    const certificate = await makeCertificate(host);
    const upstream = upstreamOf(lab);
    const subject = async (
      name: string,
      node: LabNode | undefined,
      start: (kubeconfig: string) => Promise<Daemon>,
    ): Promise<Subject> => {
      const dir = path.join(folder, name);
      const proxy = await MisbehavingProxy.start(upstream, certificate, dir, { host });
      const daemon = await start(proxy.kubeconfig);
      const reach = new Reach(() => performance.now());
      const at = node?.addresses.ipv4 ?? MANAGEMENT.controlPlane;
      return { name, daemon, proxy, reach, host: at, node };
    };
    const subjects: Subject[] = [];
    for (const name of CONTROLLERS) {
      const start = async (kubeconfig: string): Promise<Daemon> =>
        await lab.startController({ name, kubeconfig, under, args: LEASE });
      subjects.push(await subject(name, undefined, start));
    }
    for (const node of lab.nodes) {
      const start = async (kubeconfig: string): Promise<Daemon> =>
        await node.startSpeaker({ kubeconfig, under });
      subjects.push(await subject(`speaker-${node.name}`, node, start));
    }
    await Promise.all(subjects.map(async ({ daemon }) => await daemon.ready()));
    return new Grounds(lab, subjects);
  }

  get speakers(): readonly Speaker[] {
    return this.subjects.filter((subject): subject is Speaker => subject.node !== undefined);
  }

  get controllers(): readonly Subject[] {
    return this.subjects.filter(({ node }) => node === undefined);
  }

  /**
   * Something is done to a daemon, until the result is disposed of. What is done to one controller disturbs the other: that one may have to lead, and reads
   * everything first.
   */
  affect(subject: Subject, kind: 'cut' | 'disturb'): Disposable {
    const stack = new DisposableStack();
    stack.use(subject.reach[kind]());
    if (subject.node === undefined) {
      for (const { reach } of this.controllers) stack.use(reach.disturb());
    }
    return stack;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.subjects.map(async ({ proxy }) => await proxy.stop()));
    await this.lab.stop();
  }
}
