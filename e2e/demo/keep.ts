import { kubectlCommand } from '../lab/kubectl.ts';
import type { Lab } from '../lab/lab.ts';

/** The command lines that enter the lab from outside: kubectl, and the client on the LAN. */
export async function howToUse(lab: Lab, address: string): Promise<string> {
  const pid = process.env['PICLUSTER_LAB_PID'] ?? '1';
  const isUnprivileged = process.env['PICLUSTER_LAB_UNPRIVILEGED'] === '1';
  const rights = isUnprivileged ? '--user --preserve-credentials ' : '';
  const enter = `nsenter --target ${pid} ${rights}--mount --net`;
  const kubectl = await kubectlCommand().catch(() => ['kubectl']);
  const lines = [
    `${enter} \\`,
    `  ${kubectl.join(' ')} --kubeconfig ${lab.kubeconfig} get services`,
    '',
    `${enter} ip netns exec client curl -s http://${address}/`,
  ];
  return lines.join('\n');
}
