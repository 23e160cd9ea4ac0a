import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ControlPlane, startControlPlane } from '../lab/control-plane.ts';
import { KubeApiError, type KubeObject } from '../lab/kube-api.ts';
import { kubectlCommand } from '../lab/kubectl.ts';
import { Applier, parseManifests } from '../lab/manifests.ts';
import { run } from '../lab/run.ts';
import { Helm } from './helm.ts';

const LIMIT_MS = 90_000;

/** A control plane without nodes, and helm on it: objects are made and kept, Pods never run. */
export class Cluster implements AsyncDisposable {
  readonly folder: string;
  readonly controlPlane: ControlPlane;
  readonly helm: Helm;

  private constructor(folder: string, controlPlane: ControlPlane, helm: Helm) {
    this.folder = folder;
    this.controlPlane = controlPlane;
    this.helm = helm;
  }

  /** Starts it on the loopback of this namespace, in about 5 s, with these controllers besides the usual ones. */
  static async start(
    apiServerArgs: readonly string[] = [],
    controllers: readonly string[] = [],
  ): Promise<Cluster> {
    const folder = mkdtempSync(path.join(tmpdir(), 'install-'));
    const controlPlane = await startControlPlane({ dir: folder, apiServerArgs, controllers });
    const helm = await Helm.find({ folder, kubeconfig: controlPlane.kubeconfig });
    return new Cluster(folder, controlPlane, helm);
  }

  /** Creates objects, or merges them into those that are there. Takes objects or YAML. */
  async apply(manifests: string | readonly KubeObject[]): Promise<void> {
    // A new one each time: kinds come and go here, and it remembers which there are.
    const applier = new Applier(this.controlPlane.api);
    await applier.apply(typeof manifests === 'string' ? parseManifests(manifests) : manifests);
  }

  /** An object by its path, or `undefined` where there is none. */
  async find<T = KubeObject>(at: string): Promise<T | undefined> {
    try {
      return await this.controlPlane.api.get<T>(at);
    } catch (error) {
      if (error instanceof KubeApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Runs kubectl as the administrator. */
  async kubectl(...words: readonly string[]): Promise<string> {
    const { kubeconfig } = this.controlPlane;
    const command = [...(await kubectlCommand()), `--kubeconfig=${kubeconfig}`, ...words] as const;
    return await run(command, { timeoutMs: LIMIT_MS });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.controlPlane.stop();
  }
}

/** A pool and an advertisement of it, as people write them. */
export function configuration(namespace: string, addresses: string): string {
  return `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: home, namespace: ${namespace} }
spec: { addresses: [${addresses}] }
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: home, namespace: ${namespace} }
spec: { ipAddressPools: [home] }
`;
}

/** A Service of type LoadBalancer. */
export function loadBalancer(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }], selector: { app: name } },
  };
}
