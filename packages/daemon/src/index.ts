/**
 * What the controller and the speaker share: flags with environment variables, a JSON log, metrics, health and a clean end.
 * Private: it holds no rule of the domain, only the manners of a process in a cluster.
 *
 * @packageDocumentation
 */
export * from './command-line.ts';
export { durationFlag, helpText } from './flags.ts';
export { formatDuration, parseDuration } from './duration.ts';
export { leaseTimings, stateDirFlag, type LeaseTimings } from './lease-flags.ts';
export { LifeSocket } from './life-socket.ts';
export { createLogger, type Logger } from './logger.ts';
export { LOG_LEVELS, type LogLevel } from './log-levels.ts';
export { showApiSilence } from './api-silence.ts';
export { createClientMetrics, type ClientMetrics } from './client-metrics.ts';
export { HealthChecks, type HealthCheck } from './health.ts';
export { startHttpServers, type HttpServers } from './http-servers.ts';
export { startWhenFree, type PatienceDeps } from './patient-servers.ts';
export { StartupServer } from './startup-server.ts';
export { createMetrics, type Counter, type Gauge, type Metrics } from './metrics.ts';
export { runDaemon, type DaemonContext, type DaemonDefinition } from './run-daemon.ts';
export { L2_KEY_SECRET, l2KeySecret, readL2Keys, type L2Keys } from './l2-key.ts';
