/**
 * The controller: gives Services of type LoadBalancer their addresses. A program, not a library; what is exported serves tests and the demo.
 *
 * @packageDocumentation
 */
export { Controller } from './controller.ts';
export type {
  ControllerDeps,
  ControllerOptions,
  Events,
  Mirror,
  Writer,
} from './controller-deps.ts';
export { lead, type LeadDeps, type LeadOptions } from './lead.ts';
