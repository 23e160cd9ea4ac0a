import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LabProcess, Processes } from '../lab/processes.ts';

const built = fileURLToPath(new URL('../../packages/controller/dist/main.mjs', import.meta.url));

/** The controller as it is shipped, copied, so that a build meanwhile does not change it under a run. */
export class ControllerProgram {
  readonly file: string;
  readonly #help: string;

  constructor(dir: string) {
    this.file = path.join(dir, 'controller.mjs');
    copyFileSync(process.env['PICLUSTER_CONTROLLER'] ?? built, this.file);
    this.#help = execFileSync(process.execPath, [this.file, '--help'], { encoding: 'utf8' });
  }

  /** Whether it has this flag. */
  knows(flag: string): boolean {
    return this.#help.includes(`--${flag} `);
  }
}

/** What a controller is started with. */
export interface ControllerOptions {
  readonly name: string;
  readonly kubeconfig: string;
  readonly poolNamespace: string;
  readonly loadBalancerClass: string | undefined;
  readonly leaseTimings: readonly [
    leaseDuration: string,
    renewDeadline: string,
    retryPeriod: string,
  ];
  readonly addressHold?: string;
  /** A folder that stays from one start of this controller to the next. */
  readonly stateDir?: string;
}

/** Starts one. */
export function startController(
  processes: Processes,
  program: ControllerProgram,
  options: ControllerOptions,
): LabProcess {
  const { name, kubeconfig, poolNamespace, loadBalancerClass, addressHold, stateDir } = options;
  const [leaseDuration, renewDeadline, retryPeriod] = options.leaseTimings;
  const args = [
    `--kubeconfig=${kubeconfig}`,
    `--namespace=${poolNamespace}`,
    `--lease-duration=${leaseDuration}`,
    `--renew-deadline=${renewDeadline}`,
    `--retry-period=${retryPeriod}`,
    '--health-port=0',
    '--metrics-port=0',
    '--log-level=debug',
    ...(loadBalancerClass === undefined ? [] : [`--lb-class=${loadBalancerClass}`]),
    ...(addressHold === undefined || !program.knows('address-hold')
      ? []
      : [`--address-hold=${addressHold}`]),
    ...(stateDir === undefined || !program.knows('state-dir') ? [] : [`--state-dir=${stateDir}`]),
  ];
  return processes.start({ name, command: [process.execPath, program.file, ...args] });
}
