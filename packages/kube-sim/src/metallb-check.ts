import {
  parseBFDProfile,
  parseBGPAdvertisement,
  parseBGPPeer,
  parseCommunity,
  parseIPAddressPool,
  parseL2Advertisement,
} from '@picluster/api';
import type { Cause } from './api-error.ts';
import type { KubeObject } from './object.ts';

interface Parsed {
  readonly ok: boolean;
  readonly problems?: readonly { readonly field: string; readonly message: string }[];
}

/** The parsers that know the rules which the CRDs state in CEL, by kind. */
const parsers: Readonly<Record<string, (raw: unknown) => Parsed>> = {
  BFDProfile: parseBFDProfile,
  BGPAdvertisement: parseBGPAdvertisement,
  BGPPeer: parseBGPPeer,
  Community: parseCommunity,
  IPAddressPool: parseIPAddressPool,
  L2Advertisement: parseL2Advertisement,
};

/** What is wrong with an object of the `metallb.io` group; other groups and kinds are not looked at. */
export function metallbCheck(object: KubeObject): readonly Cause[] {
  if (!object.apiVersion.startsWith('metallb.io/')) return [];
  const parsed = parsers[object.kind]?.(object);
  return (parsed?.problems ?? []).map(({ field, message }) => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${message}`,
    field,
  }));
}
