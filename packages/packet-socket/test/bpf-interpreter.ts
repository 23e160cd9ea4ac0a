import { BPF_CODE, SKF_AD_PKTTYPE, type BpfProgram } from '../src/bpf.ts';

/**
 * Runs a classic BPF program on a frame as the kernel would: the bytes to keep, 0 to drop. Throws where the kernel would have
 * refused the program (`bpf_check_classic`): unknown operation, a jump out of it, no return at the end.
 */
export function runBpf(program: BpfProgram, frame: Uint8Array, packetType: number = 0): number {
  check(program);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const { code, jt, jf, k } = program[at] ?? fail(`ran out of the program at ${at}`);
    if (code === BPF_CODE.RET_K) return k;
    if (code === BPF_CODE.JMP_JA) at += k;
    else if (code === BPF_CODE.JMP_JEQ_K) at += accumulator === k ? jt : jf;
    else if (code === BPF_CODE.JMP_JGE_K) at += accumulator >= k ? jt : jf;
    else {
      const value = load(code, k, view, packetType);
      if (value === undefined) return 0;
      accumulator = value;
    }
  }
}

/** The rules of the kernel's verifier that our programs could break. */
export function check(program: BpfProgram): void {
  for (const [at, { code, jt, jf, k }] of program.entries()) {
    const known = (Object.values(BPF_CODE) as number[]).includes(code);
    if (!known) fail(`unknown operation ${code} at ${at}`);
    if (jt < 0 || jt > 255 || jf < 0 || jf > 255) fail(`jump of more than 8 bits at ${at}`);
    const jumps = code === BPF_CODE.JMP_JEQ_K || code === BPF_CODE.JMP_JGE_K;
    const far = code === BPF_CODE.JMP_JA ? k : jumps ? Math.max(jt, jf) : 0;
    if (code !== BPF_CODE.RET_K && at + 1 + far >= program.length)
      fail(`leaves the program at ${at}`);
  }
}

function load(
  code: number,
  offset: number,
  view: DataView,
  packetType: number,
): number | undefined {
  if (offset === SKF_AD_PKTTYPE) return packetType;
  const bytes = code === BPF_CODE.LD_W_ABS ? 4 : code === BPF_CODE.LD_H_ABS ? 2 : 1;
  if (offset + bytes > view.byteLength) return undefined;
  if (bytes === 4) return view.getUint32(offset);
  return bytes === 2 ? view.getUint16(offset) : view.getUint8(offset);
}

function fail(message: string): never {
  throw new Error(`the kernel would refuse this program: ${message}`);
}
