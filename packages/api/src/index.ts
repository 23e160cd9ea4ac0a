/**
 * The metallb.io kinds: one schema for each gives the TypeScript types, the validation and the CustomResourceDefinition. Compatible with
 * MetalLB's manifests, and with the annotations that it reads and writes on Services.
 *
 * @packageDocumentation
 */
export {
  ANNOTATION,
  deprecatedAnnotations,
  deprecatedKey,
  hasAnnotation,
  LABEL,
  readAnnotation,
  type Annotations,
  type AnnotationKey,
} from './annotations.ts';
export { CONDITION, conditionsSchema, type Condition } from './condition.ts';
export {
  configurationStateSchema,
  parseConfigurationState,
  type ConfigurationState,
  type ConfigurationStateStatus,
} from './configuration-state.ts';
export { crdManifest, crdManifests, type CrdManifest, type PrinterColumn } from './crd.ts';
export {
  ipAddressPoolSchema,
  parseIPAddressPool,
  type IPAddressPool,
  type IPAddressPoolSpec,
  type IPAddressPoolStatus,
} from './ip-address-pool.ts';
export {
  apiVersionOf,
  ConfigurationStateResource,
  GROUP,
  IPAddressPoolResource,
  L2AdvertisementResource,
  ServiceL2StatusResource,
  type Resource,
} from './resource.ts';
export {
  l2AdvertisementSchema,
  parseL2Advertisement,
  type L2Advertisement,
  type L2AdvertisementSpec,
} from './l2-advertisement.ts';
export {
  labelSelectorSchema,
  matchesAnySelector,
  matchesSelector,
  type Labels,
  type LabelSelector,
} from './label-selector.ts';
export type { Metadata, Parsed } from './object-meta.ts';
export {
  parseServiceL2Status,
  serviceL2StatusSchema,
  type ServiceL2Status,
  type ServiceL2StatusStatus,
} from './service-l2-status.ts';
export {
  schemaProblems,
  withDefaults,
  type FieldProblem,
  type StructuralSchema,
  type ValidationRule,
} from './structural-schema.ts';
