import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KubeObject } from '../src/object.ts';
import { ServiceNetwork } from '../src/service-network.ts';
import { Store } from '../src/store.ts';

function service(name: string, clusterIPs: string[], nodePort: number | undefined): KubeObject {
  const ports = [{ port: 80, ...(nodePort === undefined ? {} : { nodePort }) }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { clusterIPs, ports } };
}

test('addresses and node ports have one holder each, as a scan of all Services would find', () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    dual: fc.boolean(),
    keep: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const store = new Store({ historyLength: 10 });
      const network = new ServiceNetwork();
      store.subscribe((change) => network.observe(change));
      for (const { name, dual, keep } of steps) {
        if (!keep) {
          store.remove('services', name);
          continue;
        }
        const addresses = [
          network.nextAddress('IPv4'),
          ...(dual ? [network.nextAddress('IPv6')] : []),
        ];
        store.put('services', name, service(name, addresses, network.nextNodePort(new Set())));
        const held = (store.list('services') ?? []).flatMap(({ key, object }) => {
          const { clusterIPs, ports } = object.spec as {
            clusterIPs: string[];
            ports: { nodePort: number }[];
          };
          return [...clusterIPs, ...ports.map((port) => String(port.nodePort))].map(
            (item) => [item, key] as const,
          );
        });
        expect(new Map(held).size).toBe(held.length);
        for (const [item, key] of held) expect(network.holder(item)).toBe(key);
      }
    }),
  );
});

test('an address that was given back is given out again only when all others were', () => {
  const network = new ServiceNetwork();
  expect(network.nextAddress('IPv4')).toBe('10.96.0.1');
  expect(network.nextAddress('IPv4')).toBe('10.96.0.2');
  expect(network.nextAddress('IPv6')).toBe('fd00:96::1');
  for (let count = 3; count < 65_536; count++) network.nextAddress('IPv4');
  expect(network.nextAddress('IPv4')).toBe('10.96.0.1');
});

test('when every node port is taken there is none', () => {
  const network = new ServiceNetwork();
  const all = new Set(Array.from({ length: 2768 }, (_, index) => 30_000 + index));
  expect(network.nextNodePort(all)).toBeUndefined();
  all.delete(31_234);
  expect(network.nextNodePort(all)).toBe(31_234);
});
