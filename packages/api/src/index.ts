/**
 * The metallb.io kinds: one schema for each gives the TypeScript types, the validation and the CustomResourceDefinition. Compatible with
 * MetalLB's manifests, and with the annotations that it reads and writes on Services.
 *
 * @packageDocumentation
 */
export { selectsLabels, selectsPool, type Selection } from './advertisement-fields.ts';
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
export {
  bfdProfileSchema,
  parseBFDProfile,
  type BFDProfile,
  type BFDProfileSpec,
} from './bfd-profile.ts';
export {
  bgpAdvertisementSchema,
  parseBGPAdvertisement,
  type BGPAdvertisement,
  type BGPAdvertisementSpec,
} from './bgp-advertisement.ts';
export { bgpPeerSchema, parseBGPPeer, type BGPPeer, type BGPPeerSpec } from './bgp-peer.ts';
export { invalidObject, type BGPProblem, type BGPProblemCode } from './bgp-problem.ts';
export {
  communitySchema,
  parseCommunity,
  type Community,
  type CommunityAlias,
  type CommunitySpec,
} from './community.ts';
export {
  communityAliases,
  type CommunityAliases,
  type CommunityFacts,
} from './community-aliases.ts';
export { parseCommunityValue, type CommunityValue } from './community-value.ts';
export { CONDITION, conditionsSchema, type Condition } from './condition.ts';
export {
  configurationStateSchema,
  parseConfigurationState,
  type ConfigurationState,
  type ConfigurationStateStatus,
} from './configuration-state.ts';
export {
  configurationStatus,
  viewConfigurationState,
  type ConfigurationReport,
  type ConfigurationStateView,
} from './configuration-status.ts';
export { crdManifest, type CrdManifest, type OlderVersion, type PrinterColumn } from './crd.ts';
export { crdManifests } from './crd-manifests.ts';
export { durationMs } from './duration.ts';
export { ipFamilyOf, type IpFamily } from './ip-family.ts';
export {
  ipAddressPoolSchema,
  parseIPAddressPool,
  type IPAddressPool,
  type IPAddressPoolSpec,
  type IPAddressPoolStatus,
} from './ip-address-pool.ts';
export {
  apiVersionOf,
  BFDProfileResource,
  BGPAdvertisementResource,
  BGPPeerResource,
  CommunityResource,
  ConfigurationStateResource,
  GROUP,
  IPAddressPoolResource,
  L2AdvertisementResource,
  ServiceBGPStatusResource,
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
export { nextConditions, type Saying, type Verdict } from './next-conditions.ts';
export type { Metadata, Parsed } from './object-meta.ts';
export {
  resolveAdvertisements,
  type AdvertisementFacts,
  type AdvertisementSurroundings,
  type PoolFacts,
  type ResolvedAdvertisement,
  type ResolvedAdvertisements,
} from './resolve-advertisements.ts';
export {
  PASSWORD_SECRET_TYPE,
  resolvePeers,
  type PeerFacts,
  type PeerSurroundings,
  type ResolvedPeer,
  type ResolvedPeers,
  type SecretFacts,
} from './resolve-peers.ts';
export {
  parseServiceBGPStatus,
  serviceBGPStatusSchema,
  type ServiceBGPStatus,
  type ServiceBGPStatusStatus,
} from './service-bgp-status.ts';
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
export { widestPrefix, type WidestPrefix } from './widest-prefix.ts';
