import {
  type ElectionEffect,
  type ElectionEvent,
  type ElectionInput,
  type ElectionState,
  type Heartbeat,
  step,
  type Step,
  wiredTimings,
} from '../src/index.ts';

// Machines that are broken on purpose, each by taking one rule away: an oracle that sees none of them is worth nothing.

/** The right to answer is dated by what we sent alone, not by what others got. */
export const withoutPromises: Step = changing((state) => {
  for (const peer of state.peers.values()) peer.anchorMs = Infinity;
});

/** Who holds something answers for longer than the others promise. */
export const withLongRights: Step = (state, input) => {
  const holds = [...state.addresses.values()].some(({ mode }) => mode === 'hold');
  const marginMs = holds ? -150 : wiredTimings.marginMs;
  return step({ ...state, timings: { ...state.timings, marginMs } }, input);
};

/** A claim completes although nobody said yes to it. */
export const withoutConsent: Step = changing((state) => {
  for (const peer of state.peers.values()) peer.ackDirect = Infinity;
});

/** A node that starts, or was away, claims at once. */
export const withoutListening: Step = changing((state) => {
  state.listenAtMs = -Infinity;
});

/** A process that was stopped goes on as if nothing had been. */
export const withoutGuard: Step = changing((state) => {
  state.lastSentMs = Infinity;
});

/** Strict, but the smaller part does not count how many it is. */
export const withoutQuorum: Step = (state, input) => step({ ...state, quorum: 0 }, input);

/** Old and repeated frames count. */
export const withoutSequence: Step = (state, input) => {
  const peers = new Map(state.peers);
  for (const event of input.events) {
    const peer = event.kind === 'heartbeat' ? peers.get(event.heartbeat.node) : undefined;
    if (event.kind === 'heartbeat' && peer !== undefined) {
      peers.set(event.heartbeat.node, { ...peer, newest: 0, direct: 0 });
    }
  }
  return step({ ...state, peers }, input);
};

/** What a frame refers to and we lack is taken to be what we have. */
export const withoutLists: Step = (state, input) => {
  const lists = new Map(Array.from(state.peers, ([node, { list }]) => [node, list]));
  const events = input.events.map((event): ElectionEvent => {
    if (event.kind !== 'heartbeat') return event;
    const { heartbeat } = event;
    const entries = heartbeat.entries ?? lists.get(heartbeat.node) ?? [];
    lists.set(heartbeat.node, entries);
    return { ...event, heartbeat: { ...heartbeat, entries } };
  });
  return step(state, { ...input, events });
};

/** Nobody speaks for those whom a claimant cannot hear. */
export const withoutObjections: Step = sending((heartbeat) => ({
  ...heartbeat,
  entries: heartbeat.entries?.filter(({ kind }) => kind !== 'object'),
}));

/** Nobody tells whom else he hears. */
export const withoutHearsay: Step = (state, input) =>
  step(state, {
    ...input,
    events: input.events.map((event) =>
      event.kind === 'heartbeat'
        ? {
            ...event,
            heartbeat: {
              ...event.heartbeat,
              acknowledgements: event.heartbeat.acknowledgements.filter(
                ({ node }) => node === state.node,
              ),
            },
          }
        : event,
    ),
  });

/** Who was known by others alone dies with the last of them that is heard. */
export const withoutEarshot: Step = changing((state) => {
  for (const peer of state.peers.values()) {
    if (peer.evidenceAtMs - peer.heardAtMs >= state.timings.bindingMs) peer.leaving = true;
  }
});

/** Who hears nobody any more goes on without asking the API. */
export const withoutDoubt: Step = (state, input) =>
  step({ ...state, doubtedAtMs: Infinity }, input);

/** A deaf node takes silence for peace. */
export const withoutReceiveProof: Step = (state, input) =>
  step({ ...state, foreignAtMs: input.nowMs }, input);

/** Holders keep their terms when they lose a peer. */
export const withoutBiggerPart: Step = (state, input) => {
  const peers = new Map(state.peers);
  for (const [node, peer] of state.peers) peers.set(node, { ...peer, dead: true });
  // Their deaths are no news then, and yet all addresses must be looked at.
  return step({ ...state, peers, settledAtMs: -Infinity }, input);
};

function changing(change: (state: ElectionState) => void): Step {
  return (state, input) => {
    const [next, effects] = step(state, input);
    change(next);
    return [next, effects];
  };
}

function sending(change: (heartbeat: Heartbeat) => Heartbeat): Step {
  return (state: ElectionState, input: ElectionInput) => {
    const [next, effects] = step(state, input);
    const changed: ElectionEffect[] = [];
    for (const effect of effects) {
      const sends = effect.kind === 'send';
      changed.push(sends ? { kind: 'send', heartbeat: change(effect.heartbeat) } : effect);
    }
    return [next, changed];
  };
}
