import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessTo } from './cluster-access.ts';
import type { ApiServerHandle, ControlPlane, ControlPlaneOptions } from './control-plane.ts';
import { Processes, type LabProcess } from './processes.ts';
import { waitFor } from './wait-for.ts';

const READY_LIMIT_MS = 20_000;

/** The control plane of the demo: `@picluster/kube-sim` as a process, behind the same interface as the real one. */
export async function startSimControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { dir, host = '127.0.0.1', port = 6443, netns } = options;
  mkdirSync(dir, { recursive: true });
  const processes = new Processes(options.logFolder ?? path.join(dir, 'logs'));
  const certificate = path.join(dir, 'server.crt');
  const token = randomBytes(16).toString('hex');
  const program = fileURLToPath(new URL('sim-process.ts', import.meta.url));
  const server = processes.start({
    name: 'kube-sim',
    command: [
      process.execPath,
      '--conditions=@picluster/source',
      program,
      host,
      String(port),
      certificate,
    ],
    env: { LAB_ADMIN_TOKEN: token },
    ...(netns !== undefined && { netns }),
  });
  try {
    await waitFor(
      'kube-sim to serve',
      () => existsSync(certificate) || !server.running,
      READY_LIMIT_MS,
    );
    if (!server.running) throw new Error(`kube-sim ended:\n${server.output()}`);
  } catch (error) {
    await processes.stop();
    throw error;
  }
  const access = accessTo({
    dir,
    url: `https://${host}:${port}`,
    ca: readFileSync(certificate, 'utf8'),
    token,
  });
  return {
    ...access,
    apiServer: handleOf(server),
    proxyKubeconfig: undefined,
    stop: async () => {
      access.api.close();
      await processes.stop();
    },
  };
}

function handleOf(server: LabProcess): ApiServerHandle {
  return {
    get running() {
      return server.running;
    },
    kill: async () => void (await server.kill()),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    start: () =>
      Promise.reject(
        new Error('kube-sim keeps its objects in memory: restarting needs real Kubernetes'),
      ),
  };
}
