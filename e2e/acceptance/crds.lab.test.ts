import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { Lab } from '../lab/lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start({ kubernetes: 'real', nodes: 1 });
});
afterAll(async () => await lab?.stop());
keepLogsOfFailures(() => lab);

const pool = async (...addresses: readonly string[]): Promise<unknown> =>
  await lab.apply({
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata: { name: 'tried', namespace: lab.namespace },
    spec: { addresses },
  });

describe('the API server, with our CRDs', () => {
  test.each([
    '192.168.1.240/28',
    '192.168.1.240-192.168.1.250',
    '192.168.1.240 - 192.168.1.250',
    '1.2.3.4/24',
    'fd00::1-fd00::ff',
    'fd01::/64',
  ])('takes the addresses "%s"', async (addresses) => {
    await expect(pool(addresses)).resolves.toBeDefined();
  });

  test.each([
    ['192.168.1.1', 'a single address with /32'],
    ['a-b', 'not a range: write it like'],
    ['192.168.1.1-fd00::1', 'a range must begin and end in the same family'],
    ['192.168.1.1-', 'not a range: write it like'],
    ['192.168.1.0/33', 'not a CIDR: write it like'],
  ])('refuses the addresses "%s" and says what to write', async (addresses, message) => {
    await expect(pool(addresses)).rejects.toThrow(message);
  });

  test('fills in the defaults, and prints the columns that MetalLB prints', async () => {
    await pool('192.168.1.240/28');
    const table = await lab.kubectl('-n', lab.namespace, 'get', 'ipaddresspools');
    const [head = '', row = ''] = table.split('\n');
    expect(head.split(/\s{2,}/)).toEqual(['NAME', 'AUTO ASSIGN', 'AVOID BUGGY IPS', 'ADDRESSES']);
    expect(row.split(/\s{2,}/)).toEqual(['tried', 'true', 'false', '["192.168.1.240/28"]']);
  });
});
