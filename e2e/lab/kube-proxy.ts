import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { POD_CIDRS } from './addresses.ts';
import type { LabProcess, Processes } from './processes.ts';
import { tryRun } from './run.ts';
import { waitFor } from './wait-for.ts';

/** What the real kube-proxy of a node needs. */
export interface KubeProxyOptions {
  readonly node: string;
  /** The lab's Kubernetes program. */
  readonly binary: string;
  readonly kubeconfig: string;
  /** Folder for its configuration file. */
  readonly dir: string;
}

const HEALTH_PORT = 10_256;
const READY_LIMIT_MS = 20_000;

/** Starts the real kube-proxy in nftables mode, and waits until it has set its first rules. */
export async function startKubeProxy(
  processes: Processes,
  options: KubeProxyOptions,
): Promise<LabProcess> {
  const { node, binary, dir } = options;
  const file = path.join(dir, `kube-proxy-${node}.json`);
  writeFileSync(file, JSON.stringify(configuration(options)));
  const name = `kube-proxy-${node}`;
  const command = [binary, 'kube-proxy', `--config=${file}`] as const;
  const proxy = processes.start({ name, netns: node, command });
  const url = `http://127.0.0.1:${HEALTH_PORT}/healthz`;
  const probe = async (): Promise<boolean> => {
    const { code } = await tryRun(['curl', '-sf', '--max-time', '2', url], { netns: node });
    return code === 0 || !proxy.running;
  };
  await waitFor(`${name} to be healthy`, probe, READY_LIMIT_MS);
  if (!proxy.running) throw new Error(`${name} ended:\n${proxy.output(500)}`);
  return proxy;
}

function configuration({ node, kubeconfig }: KubeProxyOptions): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig },
    hostnameOverride: node,
    mode: 'nftables',
    clusterCIDR: POD_CIDRS,
    nftables: { minSyncPeriod: '100ms' },
    // The kernel's limits belong to the machine, not to the lab.
    conntrack: {
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: '0s',
      tcpCloseWaitTimeout: '0s',
      udpTimeout: '0s',
      udpStreamTimeout: '0s',
    },
    oomScoreAdj: 0,
    healthzBindAddress: `0.0.0.0:${HEALTH_PORT}`,
    metricsBindAddress: '127.0.0.1:10249',
  };
}
