/** One instruction of a classic BPF program (`struct sock_filter`). Jumps count from the next instruction; they only go forward. */
export interface BpfInstruction {
  readonly code: number;
  /** How many instructions a comparison skips when it holds, 0 to 255. */
  readonly jt: number;
  /** How many it skips when it does not. */
  readonly jf: number;
  /** The operand, unsigned 32 bits: offset, value, or distance of a jump. */
  readonly k: number;
}

/** A program for a socket. Every path must end in a return. */
export type BpfProgram = readonly BpfInstruction[];

/** The operations used here, named as in `linux/bpf_common.h`. */
export const BPF_CODE = {
  /** Load 4 bytes, big-endian, at `k`. A load beyond the end of the frame drops it. */
  LD_W_ABS: 0x20,
  LD_H_ABS: 0x28,
  LD_B_ABS: 0x30,
  /** Jump always, over `k` instructions. */
  JMP_JA: 0x05,
  JMP_JEQ_K: 0x15,
  JMP_JGE_K: 0x35,
  /** End: keep `k` bytes of the frame; 0 drops it. */
  RET_K: 0x06,
} as const;

/** The kernel takes no longer program. */
export const BPF_INSTRUCTIONS_MAX = 4096;
/** Offset of the packet type (to us, broadcast, to another host…) among the kernel's own data about a frame. */
export const SKF_AD_PKTTYPE = 0xfffff004;

const BYTES_PER_INSTRUCTION = 8;
const JUMP_MAX = 255;
/** More values than this are split once more by the search tree. */
const LEAF_VALUES_MAX = 4;
const KEEP_ALL = 0x40000;

const instruction = (code: number, k: number, jt = 0, jf = 0): BpfInstruction => ({
  code,
  jt,
  jf,
  k: k >>> 0,
});

/** Ends the program: the frame is kept whole. */
export const KEEP: BpfInstruction = instruction(BPF_CODE.RET_K, KEEP_ALL);
/** Ends the program: the frame is dropped, and nobody wakes up. */
export const DROP: BpfInstruction = instruction(BPF_CODE.RET_K, 0);

const LOAD_CODE = { 1: BPF_CODE.LD_B_ABS, 2: BPF_CODE.LD_H_ABS, 4: BPF_CODE.LD_W_ABS } as const;

/** Drops the frame unless the 1, 2 or 4 bytes at `offset` are `value`. */
export function requireField(bytes: 1 | 2 | 4, offset: number, value: number): BpfInstruction[] {
  return requireOneOf(bytes, offset, [value]);
}

/** Drops the frame unless the 1, 2 or 4 bytes at `offset` are one of `values`: a few, else see {@link keepAnyOf}. */
export function requireOneOf(
  bytes: 1 | 2 | 4,
  offset: number,
  values: readonly number[],
): BpfInstruction[] {
  return [
    instruction(LOAD_CODE[bytes], offset),
    ...values.map((value, at) => instruction(BPF_CODE.JMP_JEQ_K, value, values.length - at, 0)),
    DROP,
  ];
}

/** Drops the frame if the 1, 2 or 4 bytes at `offset` are `value`. */
export function refuseField(bytes: 1 | 2 | 4, offset: number, value: number): BpfInstruction[] {
  return [
    instruction(LOAD_CODE[bytes], offset),
    instruction(BPF_CODE.JMP_JEQ_K, value, 0, 1),
    DROP,
  ];
}

/**
 * Keeps the frame if the bytes at `offset` are one of `keys`, else drops it: a binary search tree, so that a frame costs about
 * log2(n) comparisons. Each key is a list of 32-bit words, big-endian in the frame; all have the same number of them.
 * An IPv4 address takes about 2 instructions.
 */
export function keepAnyOf(offset: number, keys: readonly (readonly number[])[]): BpfInstruction[] {
  if (keys.length === 0) return [DROP];
  return [instruction(BPF_CODE.LD_W_ABS, offset), ...search(offset, branches(keys))];
}

/** Runs `first`, and where that drops the frame, `next` instead; loads beyond the end of the frame drop it all the same. */
export function orElse(
  first: readonly BpfInstruction[],
  next: readonly BpfInstruction[],
): BpfInstruction[] {
  const end = first.length - 1;
  const onward = first.map((one, at) =>
    one === DROP ? instruction(BPF_CODE.JMP_JA, end - at) : one,
  );
  return [...onward, ...next];
}

interface Branch {
  readonly word: number;
  /** The keys that begin with `word`, without it. */
  readonly rest: readonly (readonly number[])[];
}

/** Sorts keys by their first word. */
function branches(keys: readonly (readonly number[])[]): Branch[] {
  const found = new Map<number, (readonly number[])[]>();
  for (const [word = 0, ...rest] of keys) {
    const group = found.get(word >>> 0);
    if (group === undefined) found.set(word >>> 0, [rest]);
    else group.push(rest);
  }
  return Array.from(found, ([word, rest]) => ({ word, rest })).sort((a, b) => a.word - b.word);
}

/** The word at `offset` is loaded already. */
function search(offset: number, among: readonly Branch[]): BpfInstruction[] {
  if (among.length <= LEAF_VALUES_MAX) {
    return among[0]?.rest[0]?.length === 0 ? lastWord(among) : innerWord(offset, among);
  }
  const middle = among.length >> 1;
  const low = search(offset, among.slice(0, middle));
  const high = search(offset, among.slice(middle));
  const pivot = among[middle]?.word ?? 0;
  return [...jumpOver(BPF_CODE.JMP_JGE_K, pivot, true, low.length), ...low, ...high];
}

function lastWord(among: readonly Branch[]): BpfInstruction[] {
  const count = among.length;
  const tests = among.map(({ word }, at) => instruction(BPF_CODE.JMP_JEQ_K, word, count - at, 0));
  return [...tests, DROP, KEEP];
}

function innerWord(offset: number, among: readonly Branch[]): BpfInstruction[] {
  const tests = among.flatMap(({ word, rest }) => {
    const inner = keepAnyOf(offset + 4, rest);
    return [...jumpOver(BPF_CODE.JMP_JEQ_K, word, false, inner.length), ...inner];
  });
  return [...tests, DROP];
}

/** Compares, and where the outcome is `when`, jumps over what follows. Conditional jumps reach 255; further takes a `ja`. */
function jumpOver(code: number, k: number, when: boolean, distance: number): BpfInstruction[] {
  if (distance <= JUMP_MAX) {
    return [when ? instruction(code, k, distance, 0) : instruction(code, k, 0, distance)];
  }
  return [
    when ? instruction(code, k, 0, 1) : instruction(code, k, 1, 0),
    instruction(BPF_CODE.JMP_JA, distance),
  ];
}

/** The bytes that the kernel takes: 8 for each instruction, in the byte order of this machine. */
export function assemble(program: BpfProgram): Uint8Array {
  if (program.length === 0 || program.length > BPF_INSTRUCTIONS_MAX) {
    throw new RangeError(
      `a program must have 1 to ${BPF_INSTRUCTIONS_MAX} instructions, not ${program.length}`,
    );
  }
  const buffer = new ArrayBuffer(program.length * BYTES_PER_INSTRUCTION);
  const halves = new Uint16Array(buffer);
  const bytes = new Uint8Array(buffer);
  const words = new Uint32Array(buffer);
  for (const [at, { code, jt, jf, k }] of program.entries()) {
    halves[at * 4] = code;
    bytes[at * 8 + 2] = jt;
    bytes[at * 8 + 3] = jf;
    words[at * 2 + 1] = k;
  }
  return bytes;
}
