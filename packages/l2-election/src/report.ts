import type { ElectionEffect } from './election-events.ts';
import type { L2ElectionDeps } from './l2-election-deps.ts';

/** Counts what a turn did, and logs it in one line for all addresses that it happened to for one reason. */
export function report(
  effects: readonly ElectionEffect[],
  { log, metrics }: Pick<L2ElectionDeps, 'log' | 'metrics'>,
): void {
  const alike = new Map<
    string,
    { readonly effect: ElectionEffect; readonly addresses: string[] }
  >();
  for (const effect of effects) {
    metrics?.effect(effect);
    if (!('address' in effect) || effect.kind === 'probe') continue;
    const how = 'reason' in effect ? effect.reason : 'how' in effect ? effect.how : '';
    const key = `${effect.kind} ${how}`;
    const found = alike.get(key);
    if (found === undefined) alike.set(key, { effect, addresses: [effect.address] });
    else found.addresses.push(effect.address);
  }
  for (const { effect, addresses } of alike.values()) {
    const fields = { count: addresses.length, addresses: addresses.join(' ') };
    if (effect.kind === 'gained')
      log?.info('answering for addresses', { ...fields, how: effect.how });
    else if (effect.kind === 'lost') {
      log?.info('no longer answering for addresses', { ...fields, reason: effect.reason });
    } else if (effect.kind === 'claiming') log?.debug('claiming addresses', fields);
    else if (effect.kind === 'claim-ended') {
      log?.debug('claims ended', { ...fields, reason: effect.reason });
    } else if (effect.kind === 'conflict') {
      log?.warn('another machine answers for addresses', { ...fields, mac: effect.mac });
    }
  }
  for (const effect of effects) {
    if (effect.kind !== 'duplicate-identity') continue;
    log?.warn('another process runs under the name of this node', { mac: effect.mac });
  }
}
