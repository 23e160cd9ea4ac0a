/** The EtherType of heartbeats: IEEE 802 "Local Experimental 1" (RFC 9542 §3). */
export const ETHER_TYPE = 0x88b5;

/** The version of the layout; frames of any other are dropped. */
export const FRAME_VERSION = 2;

/** Offsets in the frame, from the start of the Ethernet header; all numbers are big-endian. */
export const OFFSET = {
  destination: 0,
  source: 6,
  etherType: 12,
  version: 14,
  flags: 15,
  part: 16,
  parts: 17,
  electorate: 18,
  node: 22,
  boot: 30,
  seq: 34,
  ageMs: 38,
  wallS: 40,
  held: 44,
  acknowledgements: 46,
  entries: 48,
  listSeq: 50,
  /** How many bytes of the body this part carries. */
  length: 54,
  body: 56,
} as const;

/** The bits of the flags. `unlisted`: without entries, which are those that the frame `listSeq` said first. `quiet`: see {@link QUIET_FRAMES}. */
export const FLAG = { leaving: 1, passive: 2, unlisted: 4, quiet: 8 } as const;

/**
 * How a filter tells the frames that may wait for a node at rest (`rest` of `ElectionLink`): by these values of the single bytes at these offsets, from the
 * start of the Ethernet header. Any other frame must be delivered when it comes.
 */
export const QUIET_FRAMES: {
  readonly version: { readonly at: number; readonly value: number };
  readonly flags: { readonly at: number; readonly values: readonly number[] };
} = {
  version: { at: OFFSET.version, value: FRAME_VERSION },
  flags: { at: OFFSET.flags, values: [FLAG.quiet, FLAG.quiet + FLAG.unlisted] },
};

/** The authentication code ends the frame: HMAC-SHA-256, its first 16 bytes, over all from the source address on. */
export const CODE_BYTES = 16;
/** What of the body fits into one frame of a 1,500-byte MTU. */
export const BODY_BYTES_MAX: number = 1514 - OFFSET.body - CODE_BYTES;
/** A heartbeat may take so many frames: more than 20,000 IPv4 addresses, and not more than the socket of who hears it holds by default. */
export const PARTS_MAX = 128;

/** One acknowledgement: node 8, boot 4, evidence 4, and by how much the newest received one lags behind 1 (255: by that or more). */
export const ACKNOWLEDGEMENT_BYTES = 17;
/** The first byte of an entry: its kind, plus 8 for an IPv6 address. Then address 4 or 16, term 4, and for the last two kinds a node 8. */
export const ENTRY_KIND = { hold: 1, claim: 2, give: 3, object: 4 } as const;
/** See {@link ENTRY_KIND}. */
export const IPV6_BIT = 8;
/** Of a kind that names a node, for an IPv6 address. */
export const ENTRY_BYTES_MAX = 29;
