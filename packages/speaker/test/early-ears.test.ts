import { describe, expect, test } from 'vitest';
import { EarlyEars } from '../src/early-ears.ts';
import type { ElectionPort } from '../src/election-port.ts';
import type { InterfaceFacts, InterfaceReader } from '../src/interfaces.ts';

const lan: Omit<InterfaceFacts, 'name'> = {
  ethernet: true,
  up: true,
  arp: true,
  broadcast: true,
  enslaved: false,
  networks: ['192.168.1.5/24'],
};
const ARGV = ['--node-name=one', '--namespace=metallb-system', '--exclude-l2-config=/none'];

function readerOf(present: readonly InterfaceFacts[]): InterfaceReader {
  return {
    names: () => present.map(({ name }) => name),
    read: (name) => present.find((one) => one.name === name),
  };
}

/** The interfaces that are listened on. */
function heard(
  present: readonly InterfaceFacts[],
  argv: readonly string[] = ARGV,
  env: NodeJS.ProcessEnv = {},
): string[] {
  const opened: string[] = [];
  const open = (interfaceName: string): ElectionPort => {
    opened.push(interfaceName);
    return {} as ElectionPort;
  };
  const { ports } = new EarlyEars({ argv, env, reader: readerOf(present), open });
  expect(ports).toHaveLength(opened.length);
  return opened;
}

describe('early ears', () => {
  const eth0 = { name: 'eth0', ...lan };

  test('are on those interfaces that are usable and have an address', () => {
    const present = [
      eth0,
      { name: 'eth1', ...lan, up: false },
      { name: 'eth2', ...lan, networks: [] },
      { name: 'cni0', ...lan },
    ];
    expect(heard(present)).toEqual(['eth0']);
  });

  test('are on three interfaces at most', () => {
    const many = ['eth1', 'eth2', 'eth3', 'eth4'];
    expect(heard(many.map((name) => Object.assign({ name }, lan)))).toEqual([
      'eth1',
      'eth2',
      'eth3',
    ]);
  });

  test.each([
    ['the nodes settle by Leases', [...ARGV, '--l2-strategy=lease'], {}],
    ['the environment says that they do', ARGV, { PICLUSTER_L2_STRATEGY: 'lease' }],
    ['help is wanted', ['--help'], {}],
    ['the version is asked for', ['--version'], {}],
    ['the command line is wrong', [...ARGV, '--no-such-flag'], {}],
    ['the list of excluded interfaces cannot be read', [...ARGV, '--exclude-l2-config=/'], {}],
  ])('are not there where %s', (_why, argv, env) => {
    expect(heard([eth0], argv, env)).toEqual([]);
  });

  test('are not there where the system cannot be asked for its interfaces', () => {
    const reader = {
      ...readerOf([eth0]),
      names: () => {
        throw new Error('no descriptors');
      },
    };
    const open = (): never => expect.unreachable('nothing is opened');
    expect(new EarlyEars({ argv: ARGV, env: {}, reader, open }).ports).toEqual([]);
  });

  test('keep what their ports complain of until there is a log, and then tell it at once', () => {
    const told: string[] = [];
    let complain = (_message: string): void => expect.unreachable('a port was opened');
    const early = new EarlyEars({
      argv: ARGV,
      env: {},
      reader: readerOf([eth0]),
      open: (interfaceName, log) => {
        complain = (message) => log.warn(message, { interface: interfaceName });
        complain('first');
        return {} as ElectionPort;
      },
    });
    early.tellTo({
      warn: (message, fields) => told.push(`${message} ${String(fields?.['interface'])}`),
    });
    complain('second');
    expect(told).toEqual(['first eth0', 'second eth0']);
  });
});
