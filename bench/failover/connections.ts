import path from 'node:path';
import type { Lab } from '../../e2e/lab/lab.ts';
import type { LabProcess } from '../../e2e/lab/processes.ts';
import { waitFor } from '../../e2e/lab/wait-for.ts';
import { familyOf } from './stage.ts';

/** What became of the connections. */
export interface Connected {
  readonly made: number;
  /** Those that did not come about, in the words of the one who tried. */
  readonly failures: readonly string[];
  /** Those that were open when the address moved, and ended with it: no promise of anybody's. */
  readonly cut: number;
  readonly slowestMs: number;
}

const PAUSE_MS = 10;
/** A handshake whose first packet is lost takes a second. */
const LIMIT_MS = 900;
const FIRST_LIMIT_MS = 30_000;

let started = 0;

/** Makes one new HTTP connection after the other from the client. */
export class Connections {
  readonly #process: LabProcess;
  readonly #times: number[] = [];
  readonly #failures: string[] = [];
  #cut = 0;

  /** Resolves when all addresses are reachable: kube-proxy needs its time with a new Service. */
  static async start(lab: Lab, addresses: readonly string[]): Promise<Connections> {
    for (const address of addresses)
      await waitFor(
        `http://${address} to answer`,
        async () => (await lab.client.curl(address)).status === 200,
        FIRST_LIMIT_MS,
      );
    return new Connections(lab, addresses);
  }

  private constructor(lab: Lab, addresses: readonly string[]) {
    const urls = addresses.map((each) => `http://${familyOf(each) === '6' ? `[${each}]` : each}/`);
    const program = path.join(import.meta.dirname, 'connections.mjs');
    started += 1;
    this.#process = lab.startProcess({
      name: `connections-${started}`,
      netns: 'client',
      command: [process.execPath, program, String(PAUSE_MS), String(LIMIT_MS), ...urls],
      onLine: (line) => {
        const [word, ms] = line.split(' ');
        this.#times.push(Number(ms));
        if (word === 'failed') this.#failures.push(line);
        if (word === 'cut') this.#cut += 1;
      },
    });
  }

  async stop(): Promise<Connected> {
    await this.#process.stop();
    const slowestMs = Math.max(0, ...this.#times);
    return { made: this.#times.length, failures: this.#failures, cut: this.#cut, slowestMs };
  }
}
