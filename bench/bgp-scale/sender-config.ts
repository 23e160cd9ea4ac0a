/** A router that a sender tells its routes, and which address of ours it knows us by. */
export interface SenderPeer {
  readonly remote: string;
  readonly local: string;
  readonly asn: number;
}

/** What a sender is told in a file. Over standard input come then lines `announce <count>` and `withdraw`; it says `established` when all peers are. */
export interface SenderConfig {
  readonly asn: number;
  readonly peers: readonly SenderPeer[];
}
