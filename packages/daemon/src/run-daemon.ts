import { CertificateFolder } from './certificate-folder.ts';
import {
  helpText,
  parseFlags,
  versionText,
  type commonFlags,
  type FlagSet,
  type FlagValues,
} from './flags.ts';
import { HealthChecks, type HealthCheck } from './health.ts';
import { startHttpServers, type HttpServers } from './http-servers.ts';
import { createLogger, type Logger } from './logger.ts';
import { MetricsAccess, type ReviewClient } from './metrics-access.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { startWhenFree } from './patient-servers.ts';
import { patientStdout } from './patient-stdout.ts';
import { build } from './seams/build.ts';
import {
  collectAfterBursts,
  onceAtRest,
  saveMemory,
  saveRoom,
  settle,
} from './seams/engine-settings.ts';
import { monotonicMs } from './seams/monotonic-time.ts';
import { pause } from './seams/pause.ts';
import { StartupServer } from './startup-server.ts';

type CommonFlags = ReturnType<typeof commonFlags>;

/** What a daemon's `main` gets. */
export interface DaemonContext<S extends FlagSet> {
  readonly flags: FlagValues<S>;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly health: HealthChecks;
  /** Who may read the metrics is asked through this client from now on, where they are guarded. */
  askAccessThrough(client: ReviewClient): void;
  /** How the program names itself to the API server: `picluster-speaker/0.1.0`. */
  readonly userAgent: string;
  /** Aborts on the first SIGTERM or SIGINT: finish, give back what is held, return. */
  readonly signal: AbortSignal;
  /**
   * Serves metrics and health, where the daemon says itself when; see `servesItself`. Waits for ports that another process has. Resolves when all
   * is served, or with the first signal of the end.
   */
  serve(): Promise<void>;
  /** All is read that is read at the start: from now on room is saved and not time. It may stand still for some 10 ms. A `frugal` daemon need not call it. */
  settle(): void;
  /** Answers on a port of its own whether this process is prepared, for a while; see {@link StartupServer}. 0: not at all. */
  startupServer(port: number, problem: HealthCheck): StartupServer;
}

/** A daemon: its flags, and a `main` that runs until the signal aborts. */
export interface DaemonDefinition<S extends FlagSet & CommonFlags> {
  /** `controller`, `speaker`: the name in `--help` and in the log. */
  readonly name: string;
  /** One paragraph for `--help`. */
  readonly about: string;
  readonly flags: S;
  /** It may stand still for some 50 ms after a burst, to give back the room it took, and saves room when its start is over. Default: when `main` calls `settle` of its context. */
  readonly frugal?: boolean;
  /** Gives back what the process holds beside the heap of the engine, and does not use. Called once, when all that a start brings with it is over: pages of a file that are given back and used again and again are counted as active ones. Where it throws, the log says so. */
  readonly releaseMemory?: () => void;
  /** `main` calls `serve` of its context when its time has come. Default: metrics and health are served from the start, or it fails. */
  readonly servesItself?: boolean;
  main(context: DaemonContext<S>): Promise<void>;
}

/**
 * Runs a daemon in this process and resolves with its exit code: 0 after `--help`, `--version` or a clean end, 2 for a command line that is wrong, 1 when `main`
 * failed. A second signal ends the process at once with 130.
 */
export async function runDaemon<S extends FlagSet & CommonFlags>(
  definition: DaemonDefinition<S>,
  process: NodeJS.Process,
): Promise<number> {
  const parsed = parseFlags(definition.flags, process.argv.slice(2), process.env);
  if (parsed.kind === 'help') {
    process.stdout.write(helpText(definition.name, definition.about, definition.flags));
    return 0;
  }
  if (parsed.kind === 'version') {
    process.stdout.write(versionText(definition.name, build));
    return 0;
  }
  if (parsed.kind === 'problems') {
    for (const problem of parsed.problems) process.stderr.write(`${definition.name}: ${problem}\n`);
    return 2;
  }
  saveMemory();
  const flags = parsed.values as FlagValues<S> & FlagValues<CommonFlags>;
  const log = createLogger(definition.name, flags['log-level'], patientStdout());
  const release = (): void => {
    try {
      definition.releaseMemory?.();
    } catch (error) {
      log.warn('memory not given back', { error });
    }
  };
  if (definition.frugal === true) {
    collectAfterBursts();
    onceAtRest(() => {
      saveRoom();
      release();
    });
  }
  const metrics = createMetrics();
  declareBuild(metrics);
  const health = new HealthChecks();
  const access = new MetricsAccess({ nowMs: monotonicMs });
  const folder = flags['metrics-cert-dir'];
  const guard =
    folder === undefined ? undefined : { certificate: new CertificateFolder(folder, log), access };
  const signal = signalOfEnd(process, log);
  const start = async (): Promise<HttpServers> => {
    const servers = await startHttpServers(
      { metrics, health, guard },
      {
        metricsPort: portOrOff(flags['metrics-port']),
        healthPort: portOrOff(flags['health-port']),
      },
    );
    const { metricsPort = 0, healthPort = 0 } = servers;
    log.info('serving', { metricsPort, healthPort });
    return servers;
  };
  let served: HttpServers | undefined;
  const patience = { pause, log };
  try {
    log.info('starting', { ...build });
    if (definition.servesItself !== true) served = await start();
    const userAgent = `picluster-${definition.name}/${build.version}`;
    const askAccessThrough = (client: ReviewClient): void => access.askThrough(client);
    await definition.main({
      flags,
      log,
      metrics,
      health,
      askAccessThrough,
      userAgent,
      signal,
      serve: async () => void (served = await startWhenFree(start, patience, signal)),
      settle: () => settle(release),
      startupServer: (port, problem) => new StartupServer(patience, port, problem),
    });
    log.info('stopped');
    return 0;
  } catch (error) {
    log.error('failed', { error });
    return 1;
  } finally {
    await served?.[Symbol.asyncDispose]();
  }
}

/** In the way of Prometheus: the labels say it, the value is always 1. */
function declareBuild(metrics: Metrics): void {
  const { version, commit = '', node } = build;
  metrics
    .gauge('picluster_build_info', 'The build that runs, by its labels.', [
      'version',
      'commit',
      'node_version',
    ])
    .set(1, { version, commit, node_version: node });
}

function portOrOff(port: number): number | undefined {
  return port === 0 ? undefined : port;
}

function signalOfEnd(process: NodeJS.Process, log: Logger): AbortSignal {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    log.info('stopping', { signal: name });
    controller.abort(new Error(`${name} received`));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return controller.signal;
}
