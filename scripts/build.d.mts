/** Builds every package in the order of its dependencies; a second build does only what changed. */
export function buildAll(): Promise<void>;
