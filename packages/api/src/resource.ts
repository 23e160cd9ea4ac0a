/** Where a kind stands in the API. All of ours are namespaced and have a status subresource. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

/** The API group of all our kinds. */
export const GROUP = 'metallb.io';

function ours(kind: string, plural: string, version = 'v1beta1'): Resource {
  return { group: GROUP, version, kind, plural };
}

/** IPAddressPool: addresses that Services can have. */
export const IPAddressPoolResource: Resource = ours('IPAddressPool', 'ipaddresspools');

/** L2Advertisement: announces addresses on the local network. */
export const L2AdvertisementResource: Resource = ours('L2Advertisement', 'l2advertisements');

/** BGPPeer: a router that is told. `v1beta1` is served too, with the same schema. */
export const BGPPeerResource: Resource = ours('BGPPeer', 'bgppeers', 'v1beta2');

/** BGPAdvertisement: announces addresses to routers. */
export const BGPAdvertisementResource: Resource = ours('BGPAdvertisement', 'bgpadvertisements');

/** BFDProfile: how sessions with routers are watched. */
export const BFDProfileResource: Resource = ours('BFDProfile', 'bfdprofiles');

/** Community: names for communities. */
export const CommunityResource: Resource = ours('Community', 'communities');

/** ServiceBGPStatus: which Node announces a Service to which routers. */
export const ServiceBGPStatusResource: Resource = ours('ServiceBGPStatus', 'servicebgpstatuses');

/** ConfigurationState: what a component says of its configuration. */
export const ConfigurationStateResource: Resource = ours(
  'ConfigurationState',
  'configurationstates',
);

/** ServiceL2Status: which Node announces a Service. */
export const ServiceL2StatusResource: Resource = ours('ServiceL2Status', 'servicel2statuses');

/** `metallb.io/v1beta1`, as it stands in `apiVersion`. */
export function apiVersionOf({ group, version }: Resource): string {
  return `${group}/${version}`;
}
