import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { SenderPeer } from './sender-config.ts';

const run = promisify(execFile);
/** GoBGP's number for the state. */
const ESTABLISHED = 6;
const SENDER_ASN = 64_512;
const RECEIVER_ASN = 64_600;

/** A pair of addresses for each session. Not of 127.0.0.0/8: GoBGP takes no route whose next hop lies there. */
export function pairs(count: number): SenderPeer[] {
  return Array.from({ length: count }, (_, at) => ({
    remote: `198.18.1.${at + 1}`,
    local: `198.18.2.${at + 1}`,
    asn: RECEIVER_ASN,
  }));
}

/** Makes those addresses addresses of this machine. */
export function addAddresses(count: number): void {
  const lines = pairs(count).flatMap(({ remote, local }) => [remote, local]);
  const input = lines.map((address) => `address add ${address}/32 dev lo\n`).join('');
  execFileSync('ip', ['-batch', '-'], { input });
}

/** A GoBGP daemon (Debian: gobgpd) that waits for sessions and keeps what it is told. */
export class Receiver implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #api: string;

  /** It listens at the remote end of each of these pairs. */
  constructor(folder: string, api: number, sessions: readonly SenderPeer[]) {
    const file = path.join(folder, `gobgpd-${api}.toml`);
    writeFileSync(file, configuration(sessions));
    this.#api = String(api);
    const words = ['-f', file, '--api-hosts', `127.0.0.1:${api}`, '--log-level', 'error'];
    this.#process = spawn('gobgpd', [...words, '--pprof-disable'], { stdio: 'ignore' });
  }

  /** How many prefixes it has, of all its sessions together. Rejects while it does not answer. */
  async prefixes(): Promise<number> {
    const { stdout } = await run('gobgp', ['-p', this.#api, '-j', 'global', 'rib', 'summary']);
    const { num_destination: count = 0 } = JSON.parse(stdout) as { num_destination?: number };
    return count;
  }

  /** Whether all its sessions are established. */
  async isEstablished(): Promise<boolean> {
    const { stdout } = await run('gobgp', ['-p', this.#api, '-j', 'neighbor']);
    const neighbors = JSON.parse(stdout) as readonly { state: { session_state?: number } }[];
    return neighbors.every(({ state }) => state.session_state === ESTABLISHED);
  }

  /** Whether it answers. */
  async answers(): Promise<boolean> {
    return await this.prefixes().then(
      () => true,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}

function configuration(sessions: readonly SenderPeer[]): string {
  const listening = sessions.map(({ remote }) => `"${remote}"`).join(', ');
  const neighbors = sessions.map(
    ({ remote, local }) => `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${local}"
    peer-as = ${SENDER_ASN}
  [neighbors.transport.config]
    local-address = "${remote}"
    passive-mode = true
`,
  );
  return `
[global.config]
  as = ${RECEIVER_ASN}
  router-id = "192.0.2.2"
  local-address-list = [${listening}]
${neighbors.join('')}`;
}

/** The AS of the senders. */
export const senderAsn = SENDER_ASN;
