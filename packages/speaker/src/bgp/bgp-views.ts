import {
  durationMs,
  parseBFDProfile,
  parseBGPAdvertisement,
  parseBGPPeer,
  parseCommunity,
  PASSWORD_SECRET_TYPE,
  type BGPAdvertisement,
  type BGPPeer,
  type CommunityFacts,
  type Metadata,
  type SecretFacts,
} from '@picluster/api';
import { formatAddress, parseAddress } from '@picluster/arp-responder';
import type { BfdProfileView, BgpPeerView } from './peer-plan.ts';

/** A BGPAdvertisement as it is written: its communities may be names. */
export interface WrittenAdvertisement extends Readonly<BGPAdvertisement['spec']> {
  readonly name: string;
}

/** Keeps of a BGPPeer what is used; `undefined` where it is not a valid one (see `Readable`). */
export function viewBgpPeer(raw: unknown): BgpPeerView | undefined {
  const parsed = parseBGPPeer(raw);
  return parsed.ok ? peerOf(parsed.value) : undefined;
}

/** In MetalLB's texts an empty one is none. */
function set(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function peerOf({ metadata, spec }: BGPPeer): BgpPeerView {
  const [holdTimeMs, keepaliveTimeMs] = timesOf(spec);
  return {
    name: metadata.name,
    uid: metadata.uid,
    ...createdAt(metadata),
    myASN: spec.myASN,
    localASN: spec.localASN,
    peerASN: spec.dynamicASN ?? spec.peerASN ?? 0,
    address: canonical(spec.peerAddress),
    interface: set(spec.interface),
    port: spec.peerPort,
    sourceAddress: canonical(spec.sourceAddress),
    holdTimeMs,
    keepaliveTimeMs,
    connectTimeMs: durationMs(spec.connectTime ?? ''),
    routerID: set(spec.routerID),
    nodeSelectors: spec.nodeSelectors ?? [],
    password: set(spec.password),
    passwordSecret: set(spec.passwordSecret?.name),
    bfdProfile: set(spec.bfdProfile),
    gracefulRestart: spec.enableGracefulRestart === true,
    ebgpMultiHop: spec.ebgpMultiHop === true,
    vrf: set(spec.vrf),
    dualStack: spec.dualStackAddressFamily,
  };
}

/** Where only one of the two times is given, the other follows. */
function timesOf({
  holdTime,
  keepaliveTime,
}: BGPPeer['spec']): readonly [holdMs: number | undefined, keepaliveMs: number | undefined] {
  const hold = durationMs(holdTime ?? '');
  const keepalive = durationMs(keepaliveTime ?? '');
  if (hold === undefined && keepalive !== undefined) return [keepalive * 3, keepalive];
  return [hold, keepalive];
}

function canonical(text: string | undefined): string | undefined {
  const address = parseAddress(text ?? '');
  return address && formatAddress(address);
}

/** Keeps of a BGPAdvertisement what is used; `undefined` where it is not a valid one. */
export function viewBgpAdvertisement(raw: unknown): WrittenAdvertisement | undefined {
  const parsed = parseBGPAdvertisement(raw);
  return parsed.ok ? { ...parsed.value.spec, name: parsed.value.metadata.name } : undefined;
}

/** Keeps of a BFDProfile what is used; `undefined` where it is not a valid one. */
export function viewBfdProfile(raw: unknown): BfdProfileView | undefined {
  const parsed = parseBFDProfile(raw);
  if (!parsed.ok) return undefined;
  const { metadata, spec = {} } = parsed.value;
  const { transmitInterval, receiveInterval, detectMultiplier } = spec;
  return {
    name: metadata.name,
    minimumTtl: spec.minimumTtl,
    passive: spec.passiveMode === true,
    ...(transmitInterval !== undefined && { transmitIntervalMs: transmitInterval }),
    ...(receiveInterval !== undefined && { receiveIntervalMs: receiveInterval }),
    ...(detectMultiplier !== undefined && { detectMultiplier }),
  };
}

/** Keeps of a Community what is used; `undefined` where it is not a valid one. */
export function viewCommunity(raw: unknown): CommunityFacts | undefined {
  const parsed = parseCommunity(raw);
  if (!parsed.ok) return undefined;
  const { metadata, spec = {} } = parsed.value;
  return { name: metadata.name, ...createdAt(metadata), aliases: spec.communities ?? [] };
}

/** Keeps of a Secret what is used: nothing of what is in it, unless it is for passwords. */
export function viewSecret(raw: unknown): SecretFacts {
  const { type = '', data } = raw as {
    readonly type?: string;
    readonly data?: Readonly<Record<string, unknown>>;
  };
  const password = type === PASSWORD_SECRET_TYPE ? data?.['password'] : undefined;
  const text =
    typeof password === 'string' ? Buffer.from(password, 'base64').toString() : undefined;
  return { type, password: text };
}

function createdAt({ creationTimestamp }: Metadata): { readonly createdAt?: string } {
  return creationTimestamp === undefined ? {} : { createdAt: creationTimestamp };
}
