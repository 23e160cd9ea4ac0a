// Gives out the addresses of a small pool: automatic, requested, shared, refused with the reason, released and given again.
import { createPool, explainRefusal, Ipam, type Outcome } from '@picluster/ipam';

const pool = createPool({ name: 'home', addresses: ['192.168.1.240-192.168.1.241', 'fd00::/64'] });
if (!pool.ok) throw new Error(pool.problem.message);
const made = Ipam.create([pool.pool]);
if (!made.ok) throw new Error(made.problem.message);
let ipam = made.ipam;

function show(owner: string, outcome: Outcome): void {
  if (outcome.ok) ipam = outcome.next;
  console.log(
    `${owner}: ${outcome.ok ? outcome.addresses.join(' and ') : explainRefusal(outcome.reason)}`,
  );
}

const onPort = (port: string) => ({ key: 'dns', backend: '', ports: [port] });

show('web', ipam.allocate('web', { families: 'dual' }));
show('dns-tcp', ipam.request('dns-tcp', ['192.168.1.241'], { sharing: onPort('TCP/53') }));
show('dns-udp', ipam.request('dns-udp', ['192.168.1.241'], { sharing: onPort('UDP/53') }));
show('mail', ipam.request('mail', ['192.168.1.240']));
show('chat', ipam.allocate('chat', { families: 'ipv4' }));

ipam = ipam.release('web');
show('chat', ipam.allocate('chat', { families: 'ipv4' }));

const usage = ipam.usage('home');
console.log(
  `in use: ${usage?.ipv4.used} of ${usage?.ipv4.capacity} IPv4, ${usage?.ipv6.used} of ${usage?.ipv6.capacity} IPv6`,
);
