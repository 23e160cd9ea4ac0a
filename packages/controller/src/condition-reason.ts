/** `pool-full` → `PoolFull`: a code as the reason of a condition. */
export function reasonOf(code: string): string {
  return code
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
}
