import { parseFlags } from '@picluster/daemon/command-line';
import type { ElectionPort, ElectionPortDeps } from './election-port.ts';
import { readExcludedInterfaces } from './excluded-interfaces.ts';
import { speakerFlags } from './flags.ts';
import { scanInterfaces, type InterfaceReader, type LocalInterface } from './interfaces.ts';

/** A node with more interfaces than this listens to the others when it begins to take part there. */
const GUESSES_MAX = 3;

type Log = ElectionPortDeps['log'];

/** What ears are made with. */
export interface EarlyEarsDeps {
  /** The command line without the program, and the environment. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly reader: InterfaceReader;
  readonly open: (interfaceName: string, log: Log) => ElectionPort;
}

/**
 * Ports that hear what others say before this process can do anything with it: a node must have listened for a while before it is ready. They are opened on
 * those interfaces that are usable and have an address, as a first guess of where this node will answer. None where the command line wants something else
 * or makes no sense: what is wrong is said by those who read it once more.
 */
export class EarlyEars {
  readonly ports: readonly ElectionPort[];
  readonly #complaints: Parameters<Log['warn']>[] = [];
  #log: Log | undefined;

  constructor(deps: EarlyEarsDeps) {
    const log: Log = {
      warn: (...complaint) => {
        if (this.#log === undefined) this.#complaints.push(complaint);
        else this.#log.warn(...complaint);
      },
    };
    this.ports = guessInterfaces(deps).map((name) => deps.open(name, log));
  }

  /** What the ports complained of goes to this log, and what they will. */
  tellTo(log: Log): void {
    this.#log = log;
    for (const complaint of this.#complaints.splice(0)) log.warn(...complaint);
  }
}

function guessInterfaces({ argv, env, reader }: EarlyEarsDeps): string[] {
  const parsed = parseFlags(speakerFlags, argv, env);
  if (parsed.kind !== 'values' || parsed.values['l2-strategy'] !== 'wire') return [];
  let found: readonly LocalInterface[];
  try {
    found = scanInterfaces(reader, readExcludedInterfaces(parsed.values['exclude-l2-config']));
  } catch {
    return [];
  }
  return found
    .filter(({ fitness, networks }) => fitness === 'usable' && networks !== undefined)
    .map(({ name }) => name)
    .slice(0, GUESSES_MAX);
}
