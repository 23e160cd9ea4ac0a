import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SESSION_TROUBLES } from '../packages/speaker/src/bgp/session-trouble.ts';

test('docs/bgp.md explains each reason why there is no BGP session, and no other', () => {
  const page = readFileSync(new URL('../docs/bgp.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('### Why there is no session');
  const explained = new Set([...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code));
  expect(explained).toEqual(new Set(SESSION_TROUBLES));
});
