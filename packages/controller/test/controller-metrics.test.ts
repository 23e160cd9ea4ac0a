import { createMetrics } from '@picluster/daemon';
import { createPool, Ipam } from '@picluster/ipam';
import { describe, expect, test } from 'vitest';
import { createControllerMetrics, type ControllerMetrics } from '../src/controller-metrics.ts';

/** Metrics, and their page without what the process is like. */
function start(): { metrics: ControllerMetrics; page: () => Promise<string[]> } {
  const registry = createMetrics();
  const page = async (): Promise<string[]> =>
    (await registry.scrape()).body.split('\n').filter((line) => /^(metallb|picluster)_/.test(line));
  return { metrics: createControllerMetrics(registry), page };
}

describe('the page of the controller', () => {
  test('tells of a pool what MetalLB tells, by its names, and forgets the pool with it', async () => {
    const { metrics, page } = start();
    const addresses = ['192.0.2.0/30', '2001:db8::/127'];
    const made = createPool({ name: 'home', addresses });
    const ipam = made.ok ? Ipam.create([made.pool]) : made;
    if (!ipam.ok) throw new Error(ipam.problem.message);
    const dual = ipam.ipam.allocate('default/web', { families: 'dual' });
    const given = dual.ok ? dual.next.allocate('default/mail', { families: 'ipv4' }) : dual;
    if (!given.ok) throw new Error('no address');
    metrics.pool('home', given.next.usage('home'), 2);
    const ofPools = async (): Promise<string[]> =>
      (await page()).filter((line) => line.startsWith('metallb_allocator_'));
    expect(await ofPools()).toEqual([
      'metallb_allocator_addresses_total{pool="home"} 6',
      'metallb_allocator_ipv4_addresses_total{pool="home"} 4',
      'metallb_allocator_ipv6_addresses_total{pool="home"} 2',
      'metallb_allocator_addresses_in_use_total{pool="home"} 3',
      'metallb_allocator_ipv4_addresses_in_use_total{pool="home"} 2',
      'metallb_allocator_ipv6_addresses_in_use_total{pool="home"} 1',
      'metallb_allocator_services_allocated_total{pool="home"} 2',
    ]);
    metrics.pool('home', undefined, 0);
    expect(await ofPools()).toEqual([]);
  });

  test('says whether the pools were read, whether all are in force, and what was done', async () => {
    const { metrics, page } = start();
    const before = [
      'metallb_k8s_client_updates_total 0',
      'metallb_k8s_client_update_errors_total 0',
      'metallb_k8s_client_config_loaded_bool 0',
      'metallb_k8s_client_config_stale_bool 0',
    ];
    expect(await page()).toEqual(before);
    metrics.reconciled();
    metrics.reconciled();
    metrics.failed();
    metrics.configured(true);
    expect(await page()).toEqual([
      'metallb_k8s_client_updates_total 2',
      'metallb_k8s_client_update_errors_total 1',
      'metallb_k8s_client_config_loaded_bool 1',
      'metallb_k8s_client_config_stale_bool 1',
    ]);
    metrics.configured(false);
    expect(await page()).toContain('metallb_k8s_client_config_stale_bool 0');
  });

  test('counts the Services that are refused something by the reason, and none under a reason that nobody has', async () => {
    const { metrics, page } = start();
    metrics.refused('PoolFull', 3);
    expect(await page()).toContain('picluster_services_refused{reason="PoolFull"} 3');
    metrics.refused('PoolFull', 0);
    expect((await page()).filter((line) => line.includes('refused'))).toEqual([]);
  });
});
