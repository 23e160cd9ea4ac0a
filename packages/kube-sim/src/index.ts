/**
 * A Kubernetes API server in memory, over HTTPS, that can be told to misbehave.
 *
 * Start one with {@link startKubeSim}, hand its kubeconfig to the program under test (or to kubectl), and break its
 * connections, its answers and its watches through {@link Faults}.
 *
 * @packageDocumentation
 */
export { ApiError, type Cause, type StatusBody } from './api-error.ts';
export type { Clock } from './clock.ts';
export type { CustomCheck } from './custom-resources.ts';
export type { Fault, FaultAction, FaultMatch, Faults, RequestFacts, Verb } from './faults.ts';
export { startKubeSim, type KubeSim, type KubeSimOptions } from './kube-sim.ts';
export { metallbCheck } from './metallb-check.ts';
export type { Fields, KubeObject, ObjectMeta } from './object.ts';
export type { AccessCheck, AccessQuestion } from './reviews.ts';
export type { CountFilter, RequestCounts } from './request-counts.ts';
