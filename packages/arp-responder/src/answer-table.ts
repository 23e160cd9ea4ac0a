import { uint32 } from './bytes.ts';

/** Bytes of memory for each address: 8 for the end of the right, 4 for the address. */
const SLOT_BYTES = 12;
const SLOTS_MIN = 16;

/** What a slot holds while nothing may be answered from it. */
const NEVER = 0;

/**
 * The memory that a link answers ARP requests from without asking: see `answerFrom` of {@link LinkSocket} for its form. Whoever owns it
 * writes, the link reads; so a right that is renewed, cut short or taken away costs a store into memory and counts at once.
 */
export class AnswerTable {
  readonly #onMemory: (memory: Uint8Array) => void;
  #memory: Uint8Array = new Uint8Array(SLOTS_MIN * SLOT_BYTES);
  #endsMs: Float64Array = endsOf(this.#memory);
  #free: number[] = slots(0, SLOTS_MIN);

  /** Hands its memory to `onMemory`, now and whenever it had to grow. */
  constructor(onMemory: (memory: Uint8Array) => void) {
    this.#onMemory = onMemory;
    onMemory(this.#memory);
  }

  /** Makes room for an IPv4 address (4 bytes) that is not in the table. Nothing is answered until {@link AnswerTable.set}. */
  add(address: Uint8Array): number {
    const slot = this.#free.pop() ?? this.#grow();
    this.#memory.set(address, addressAt(this.#memory, slot));
    return slot;
  }

  /** The address is answered for until `endMs` of the link's clock. */
  set(slot: number, endMs: number): void {
    this.#endsMs[slot] = endMs;
  }

  /** The address is answered for no more, and its slot is free. */
  remove(slot: number): void {
    this.#endsMs[slot] = NEVER;
    this.#memory.fill(0, addressAt(this.#memory, slot), addressAt(this.#memory, slot) + 4);
    this.#free.push(slot);
  }

  /** Only when all slots are taken: the old ones keep their numbers. */
  #grow(): number {
    const taken = this.#endsMs;
    const before = this.#memory;
    this.#memory = new Uint8Array(before.length * 2);
    this.#endsMs = endsOf(this.#memory);
    this.#endsMs.set(taken);
    this.#memory.set(before.subarray(addressAt(before, 0)), addressAt(this.#memory, 0));
    this.#free = slots(taken.length + 1, this.#endsMs.length);
    this.#onMemory(this.#memory);
    return taken.length;
  }
}

/**
 * The moment of the link's clock at which the right to answer for the IPv4 address in `frame` at `offset` ends; 0: it is not in the table.
 * For links that are written in JavaScript.
 */
export function endInTable(memory: Uint8Array, frame: Uint8Array, offset: number): number {
  const wanted = uint32(frame, offset);
  const endsMs = endsOf(memory);
  const slot = endsMs.findIndex(
    (_, candidate) => uint32(memory, addressAt(memory, candidate)) === wanted,
  );
  return endsMs[slot] ?? NEVER;
}

function endsOf(memory: Uint8Array): Float64Array {
  return new Float64Array(memory.buffer, memory.byteOffset, memory.length / SLOT_BYTES);
}

/** The addresses stand behind all the ends. */
function addressAt(memory: Uint8Array, slot: number): number {
  return (memory.length / SLOT_BYTES) * 8 + slot * 4;
}

/** Numbers of free slots; the lowest is the last, which is taken first. */
function slots(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => to - 1 - at);
}
