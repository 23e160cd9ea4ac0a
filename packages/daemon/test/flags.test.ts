import { describe, expect, test } from 'vitest';
import { commonFlags, durationFlag, helpText, parseFlags, stringFlag } from '../src/index.ts';
import { versionText } from '../src/flags.ts';

const flags = {
  ...commonFlags({ metrics: 7472, health: 7473 }),
  'node-name': stringFlag({ about: 'This node.', env: 'NODE_NAME' }),
  'lease-duration': durationFlag({
    about: 'How long a Lease lasts.',
    env: 'LEASE_DURATION',
    fallback: '15s',
    minMs: 1000,
  }),
};
const values = (words: string[], env: Record<string, string> = {}): Record<string, unknown> => {
  const parsed = parseFlags(flags, words, env);
  if (parsed.kind !== 'values') throw new Error(JSON.stringify(parsed));
  return parsed.values;
};
const problems = (words: string[], env: Record<string, string> = {}): readonly string[] => {
  const parsed = parseFlags(flags, words, env);
  return parsed.kind === 'problems' ? parsed.problems : [];
};

describe('a command line', () => {
  test('gives each flag its default where nothing is said', () => {
    expect(values(['--node-name', 'n1'])).toEqual({
      kubeconfig: undefined,
      namespace: 'metallb-system',
      'log-level': 'info',
      'metrics-port': 7472,
      'metrics-cert-dir': undefined,
      'health-port': 7473,
      'node-name': 'n1',
      'lease-duration': 15_000,
    });
  });

  test('is read with a space and with an equals sign alike', () => {
    expect(values(['--node-name=n1', '--lease-duration', '3s'])).toMatchObject({
      'node-name': 'n1',
      'lease-duration': 3000,
    });
  });

  test('goes before the environment, and the first variable before the second', () => {
    const env = { NODE_NAME: 'env', PICLUSTER_NAMESPACE: 'first', METALLB_NAMESPACE: 'second' };
    expect(values(['--node-name', 'word'], env)).toMatchObject({
      'node-name': 'word',
      namespace: 'first',
    });
    expect(values([], env)).toMatchObject({ 'node-name': 'env' });
  });

  test('takes an empty variable for one that is not set', () => {
    expect(values(['--node-name', 'n1'], { METALLB_NAMESPACE: '' })).toMatchObject({
      namespace: 'metallb-system',
    });
  });

  test('that lacks a required flag is told the flag and its variable', () => {
    expect(problems([])).toEqual(['--node-name is missing: give it, or set NODE_NAME']);
  });

  test('with several mistakes is told all of them at once', () => {
    expect(
      problems(['--nod', 'n1', '--metrics-port', '70000', 'stray', '--log-level=loud']),
    ).toEqual([
      '--nod is not known; --help lists the flags',
      '"stray" is not a flag; --help lists them',
      '--log-level must be one of debug, info, warn, error, none, not "loud"',
      '--metrics-port must be a whole number from 0 to 65535, not "70000"',
      '--node-name is missing: give it, or set NODE_NAME',
    ]);
  });

  test('with a flag twice, or without its value, is refused', () => {
    expect(problems(['--node-name', 'a', '--node-name', 'b'])).toEqual([
      '--node-name is given twice',
    ]);
    expect(problems(['--node-name'])).toContain('--node-name needs a value');
  });

  test('names the variable whose value is wrong', () => {
    expect(problems(['--node-name', 'n1'], { LEASE_DURATION: '5' })).toEqual([
      'LEASE_DURATION (for --lease-duration) must be a duration such as 15s or 500ms, at least 1s, not "5"',
    ]);
  });

  test('that asks for help gets help, whatever else is wrong', () => {
    expect(parseFlags(flags, ['--unknown', '--help'], {}).kind).toBe('help');
  });

  test('that asks for the version gets it, whatever is missing', () => {
    expect(parseFlags(flags, ['--version'], {}).kind).toBe('version');
  });
});

test('the help explains each flag with its variable and its default', () => {
  const text = helpText('speaker', 'Answers.', flags);
  for (const name of Object.keys(flags)) expect(text).toContain(`--${name} `);
  expect(text).toContain('(default 15s; LEASE_DURATION)');
  expect(text).toContain('(required; NODE_NAME)');
  expect(text).toContain('(optional; KUBECONFIG)');
});

test('the version is one line, with the commit where the builder said it', () => {
  const build = { version: '1.2.3', commit: undefined, node: '24.0.0' };
  expect(versionText('speaker', build)).toBe('picluster speaker 1.2.3 (Node.js 24.0.0)\n');
  expect(versionText('speaker', { ...build, commit: 'abc' })).toBe(
    'picluster speaker 1.2.3 (commit abc, Node.js 24.0.0)\n',
  );
});
