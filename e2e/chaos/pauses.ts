/** Pauses that can all be ended at once: faults are lifted for those that already wait, too. */
export class Pauses {
  readonly #ends = new Set<() => void>();

  /** Resolves after `ms`, or at {@link endAll}. */
  async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#ends.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#ends.add(end);
    });
  }

  endAll(): void {
    for (const end of this.#ends) end();
  }
}
