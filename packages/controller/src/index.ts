/**
 * The controller: gives Services of type LoadBalancer their addresses. A program, not a library; what is exported serves tests and the demo.
 *
 * @packageDocumentation
 */
export {
  Controller,
  type ControllerDeps,
  type ControllerOptions,
  type Events,
  type Mirror,
  type Writer,
} from './controller.ts';
export { lead, type LeadDeps, type LeadOptions } from './lead.ts';
