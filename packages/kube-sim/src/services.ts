import { isIP } from 'node:net';
import type { Cause } from './api-error.ts';
import {
  arrayOf,
  fieldsOf,
  isFields,
  merged,
  without,
  type Fields,
  type KubeObject,
  textOf,
} from './object.ts';
import { serviceRanges, type IpFamily, type ServiceNetwork } from './service-network.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const bothFamilies: readonly IpFamily[] = ['IPv4', 'IPv6'];

/** A Service with everything the API server fills in: defaults, cluster addresses, node ports, `ipMode`. */
export function completeService(
  network: ServiceNetwork,
  service: KubeObject,
  previous: KubeObject | undefined,
): KubeObject {
  let spec: Fields = {
    type: 'ClusterIP',
    sessionAffinity: 'None',
    ...service.spec,
    ports: arrayOf(service.spec?.['ports']).map(completePort),
  };
  if (arrayOf(spec['ports']).length === 0) spec = without(spec, 'ports');
  if (previous !== undefined) spec = keepAllocated(spec, fieldsOf(previous.spec));
  spec = withTypeFields(spec);
  if (spec['type'] !== 'ExternalName') spec = withAddresses(network, spec);
  spec = withNodePorts(network, spec);
  return { ...service, spec, status: completeStatus(service, spec, previous) };
}

function completePort(port: unknown): unknown {
  if (!isFields(port)) return port;
  const target = port['targetPort'];
  const unset = target === undefined || target === 0 || target === '';
  return { protocol: 'TCP', ...port, ...(unset ? { targetPort: port['port'] } : {}) };
}

/** A write that leaves out what the server allocated keeps it; node ports are matched by the port's name. */
function keepAllocated(spec: Fields, before: Fields): Fields {
  const kept: Fields = { ...spec };
  if (spec['type'] !== 'ExternalName' && before['type'] !== 'ExternalName') {
    if (kept['clusterIP'] === undefined && kept['clusterIPs'] === undefined) {
      kept['clusterIP'] = before['clusterIP'];
      kept['clusterIPs'] = before['clusterIPs'];
    }
    kept['ipFamilies'] ??= before['ipFamilies'];
    kept['ipFamilyPolicy'] ??= before['ipFamilyPolicy'];
  }
  if (hasNodePorts(kept) && hasNodePorts(before)) {
    const byName = new Map(
      arrayOf(before['ports'])
        .filter(isFields)
        .map((port) => [port['name'], port['nodePort']]),
    );
    kept['ports'] = arrayOf(kept['ports']).map((port) => {
      if (!isFields(port) || isPort(port['nodePort'])) return port;
      const old = byName.get(port['name']);
      return old === undefined ? port : merged(port, { nodePort: old });
    });
    if (needsHealthCheckPort(kept)) kept['healthCheckNodePort'] ??= before['healthCheckNodePort'];
  }
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}

function withTypeFields(spec: Fields): Fields {
  const type = spec['type'];
  let result: Fields = { ...spec };
  if (type === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      result = without(result, field);
    }
  } else result['internalTrafficPolicy'] ??= 'Cluster';
  if (type === 'LoadBalancer' || type === 'NodePort') result['externalTrafficPolicy'] ??= 'Cluster';
  else if (arrayOf(result['externalIPs']).length === 0) {
    result = without(result, 'externalTrafficPolicy');
  }
  if (type === 'LoadBalancer') result['allocateLoadBalancerNodePorts'] ??= true;
  else {
    result = without(without(result, 'allocateLoadBalancerNodePorts'), 'loadBalancerClass');
  }
  return needsHealthCheckPort(result) ? result : without(result, 'healthCheckNodePort');
}

function withAddresses(network: ServiceNetwork, spec: Fields): Fields {
  const given = arrayOf(spec['clusterIPs']);
  const first = spec['clusterIP'] ?? given[0];
  if (first === 'None') return withHeadlessFamilies(spec);
  const wanted = (given.length > 0 ? given : [first]).filter((ip) => ip !== undefined && ip !== '');
  const policy =
    spec['ipFamilyPolicy'] ??
    (wanted.length > 1 || arrayOf(spec['ipFamilies']).length > 1
      ? 'RequireDualStack'
      : 'SingleStack');
  const families = familiesOf(spec, wanted, policy !== 'SingleStack');
  const clusterIPs = families.map((family, index) => wanted[index] ?? network.nextAddress(family));
  return {
    ...spec,
    clusterIP: clusterIPs[0],
    clusterIPs,
    ipFamilies: families,
    ipFamilyPolicy: policy,
  };
}

function familiesOf(spec: Fields, addresses: readonly unknown[], dual: boolean): IpFamily[] {
  const stated = arrayOf(spec['ipFamilies']).find(
    (family): family is IpFamily => family === 'IPv4' || family === 'IPv6',
  );
  const primary: IpFamily = stated ?? (isIP(textOf(addresses[0] ?? '')) === 6 ? 'IPv6' : 'IPv4');
  return dual ? [primary, primary === 'IPv4' ? 'IPv6' : 'IPv4'] : [primary];
}

function withHeadlessFamilies(spec: Fields): Fields {
  const selects = Object.keys(fieldsOf(spec['selector'])).length > 0;
  const policy = spec['ipFamilyPolicy'] ?? (selects ? 'SingleStack' : 'RequireDualStack');
  const families = selects ? familiesOf(spec, [], policy !== 'SingleStack') : bothFamilies;
  return {
    ...spec,
    clusterIP: 'None',
    clusterIPs: ['None'],
    ipFamilies: spec['ipFamilies'] ?? families,
    ipFamilyPolicy: policy,
  };
}

function withNodePorts(network: ServiceNetwork, spec: Fields): Fields {
  const ports = arrayOf(spec['ports']).filter(isFields);
  if (!hasNodePorts(spec)) {
    if (spec['type'] === 'LoadBalancer' || ports.length === 0) return spec;
    return { ...spec, ports: ports.map((port) => without(port, 'nodePort')) };
  }
  const chosen = new Set(ports.map((port) => port['nodePort']).filter(isPort));
  const choose = (): number | undefined => {
    const port = network.nextNodePort(chosen);
    if (port !== undefined) chosen.add(port);
    return port;
  };
  const result: Fields = {
    ...spec,
    ports: ports.map((port) =>
      isPort(port['nodePort']) ? port : merged(port, { nodePort: choose() }),
    ),
  };
  if (needsHealthCheckPort(spec)) result['healthCheckNodePort'] ??= choose();
  return result;
}

function hasNodePorts(spec: Fields): boolean {
  if (spec['type'] === 'NodePort') return true;
  return spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false;
}

function needsHealthCheckPort(spec: Fields): boolean {
  return spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local';
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && value !== 0;
}

function completeStatus(
  service: KubeObject,
  spec: Fields,
  previous: KubeObject | undefined,
): Fields {
  const status = fieldsOf(service.status);
  const loadBalancer = fieldsOf(status['loadBalancer']);
  if (spec['type'] !== 'LoadBalancer') {
    // A Service that stops being a LoadBalancer loses its addresses in the same write.
    const stops = previous?.spec?.['type'] === 'LoadBalancer';
    return { ...status, loadBalancer: stops ? {} : loadBalancer };
  }
  if (!Array.isArray(loadBalancer['ingress'])) return { ...status, loadBalancer };
  const ingress = arrayOf(loadBalancer['ingress']).map((entry) =>
    isFields(entry) && typeof entry['ip'] === 'string' ? merged({ ipMode: 'VIP' }, entry) : entry,
  );
  if (ingress.length === 0) return { ...status, loadBalancer: without(loadBalancer, 'ingress') };
  return { ...status, loadBalancer: { ...loadBalancer, ingress } };
}

/** What is wrong with a completed Service, in the API server's words. */
export function checkService(
  network: ServiceNetwork,
  service: KubeObject,
  previous: KubeObject | undefined,
): Cause[] {
  const spec = fieldsOf(service.spec);
  const key = `${service.metadata.namespace ?? ''}/${service.metadata.name ?? ''}`;
  return [
    ...checkPorts(network, spec, key),
    ...checkType(spec),
    ...checkClusterAddresses(network, spec, fieldsOf(previous?.spec), key),
    ...checkIngress(service, spec),
  ];
}

function required(field: string, message: string = 'Required value'): Cause {
  return { reason: 'FieldValueRequired', message, field };
}

function wrong(field: string, value: unknown, why: string): Cause {
  const message = `Invalid value: ${JSON.stringify(value)}: ${why}`;
  return { reason: 'FieldValueInvalid', message, field };
}

function checkPorts(network: ServiceNetwork, spec: Fields, key: string): Cause[] {
  const ports = arrayOf(spec['ports']).filter(isFields);
  const needsNone = spec['type'] === 'ExternalName' || spec['clusterIP'] === 'None';
  if (ports.length === 0) return needsNone ? [] : [required('spec.ports')];
  return ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const causes: Cause[] = [];
    if (ports.length > 1 && (port['name'] ?? '') === '') causes.push(required(`${at}.name`));
    const number = port['port'];
    if (typeof number !== 'number' || number < 1 || number > 65_535) {
      causes.push(wrong(`${at}.port`, number, 'must be between 1 and 65535, inclusive'));
    }
    const nodePort = port['nodePort'];
    if (isPort(nodePort)) {
      const holder = network.holder(nodePort);
      if (nodePort < serviceRanges.nodePortMin || nodePort > serviceRanges.nodePortMax) {
        const range = `${serviceRanges.nodePortMin}-${serviceRanges.nodePortMax}`;
        const why = `provided port is not in the valid range. The range of valid ports is ${range}`;
        causes.push(wrong(`${at}.nodePort`, nodePort, why));
      } else if (holder !== undefined && holder !== key) {
        causes.push(wrong(`${at}.nodePort`, nodePort, 'provided port is already allocated'));
      }
    }
    return causes;
  });
}

function checkType(spec: Fields): Cause[] {
  const type = spec['type'];
  if (types.includes(textOf(type))) return [];
  const supported = types.map((item) => `"${item}"`).join(', ');
  const message = `Unsupported value: ${JSON.stringify(type)}: supported values: ${supported}`;
  return [{ reason: 'FieldValueNotSupported', message, field: 'spec.type' }];
}

function checkClusterAddresses(
  network: ServiceNetwork,
  spec: Fields,
  before: Fields,
  key: string,
): Cause[] {
  const addresses = arrayOf(spec['clusterIPs']);
  if (
    before['clusterIP'] !== undefined &&
    spec['type'] !== 'ExternalName' &&
    before['clusterIP'] !== spec['clusterIP']
  ) {
    return [wrong('spec.clusterIPs[0]', addresses[0], 'may not change once set')];
  }
  return addresses.flatMap((address, index) => {
    if (address === 'None') return [];
    const at = `spec.clusterIPs[${index}]`;
    const text = textOf(address);
    const prefix = isIP(text) === 6 ? serviceRanges.ipv6Prefix : serviceRanges.ipv4Prefix;
    if (isIP(text) === 0) return [wrong(at, address, 'must be a valid IP address')];
    if (!text.startsWith(prefix)) {
      const why = 'failed to allocate IP: the provided IP is not in the valid range';
      return [wrong(at, address, why)];
    }
    const holder = network.holder(text);
    if (holder === undefined || holder === key) return [];
    return [wrong(at, address, 'failed to allocate IP: provided IP is already allocated')];
  });
}

function checkIngress(service: KubeObject, spec: Fields): Cause[] {
  const at = 'status.loadBalancer.ingress';
  const ingress = arrayOf(fieldsOf(service.status?.['loadBalancer'])['ingress']);
  if (ingress.length > 0 && spec['type'] !== 'LoadBalancer') {
    const message = "Forbidden: may only be used when `spec.type` is 'LoadBalancer'";
    return [{ reason: 'FieldValueForbidden', message, field: at }];
  }
  return ingress.filter(isFields).flatMap((entry, index) => {
    const ip = entry['ip'];
    if (ip === undefined || (typeof ip === 'string' && isIP(ip) !== 0)) return [];
    const why = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
    return [wrong(`${at}[${index}].ip`, ip, why)];
  });
}
