/** Resolves after `ms`. It does not keep the process from ending. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
