import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  EXCLUDED_INTERFACES,
  parseExcludedInterfaces,
  readExcludedInterfaces,
} from '../src/excluded-interfaces.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'excludel2-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Which of these names the patterns in a file exclude. */
function excluded(text: string, ...names: string[]): string[] {
  const patterns = parseExcludedInterfaces(text);
  return names.filter((name) => patterns.some((pattern) => pattern.test(name)));
}

describe('the file of excluded interfaces', () => {
  test('is read in both of YAML’s spellings of a list', () => {
    const names = ['docker0', 'eth0', 'br-1'];
    expect(excluded('announcedInterfacesToExclude: ["^docker.*", "^br-[0-9]$"]', ...names)).toEqual(
      ['docker0', 'br-1'],
    );
    expect(
      excluded('announcedInterfacesToExclude:\n- ^docker.*\n- "^br-[0-9]$" # ours\n', ...names),
    ).toEqual(['docker0', 'br-1']);
  });

  test('excludes what contains a match; anchors are the file’s business', () => {
    expect(excluded('announcedInterfacesToExclude: [th]', 'eth0', 'veth1', 'lo')).toEqual([
      'eth0',
      'veth1',
    ]);
  });

  test.each(['announcedInterfacesToExclude: []', 'announcedInterfacesToExclude:'])(
    'may exclude nothing: %s',
    (text) => {
      expect(parseExcludedInterfaces(text)).toEqual([]);
    },
  );

  test.each([
    ['', /the input is empty/],
    ['announcedInterfaces: [lo]', /announcedInterfacesToExclude is missing/],
    ['- lo', /announcedInterfacesToExclude is missing/],
    ['announcedInterfacesToExclude: lo', /must be a list/],
    ['announcedInterfacesToExclude: [lo', /is not YAML/],
  ])('that is %j is told what is wrong', (text, message) => {
    expect(() => parseExcludedInterfaces(text)).toThrow(message);
  });

  test('is told each pattern that is wrong, also one that only Go understands', () => {
    const text = 'announcedInterfacesToExclude: ["^ok", "(", 7, "\\\\Aeth"]';
    expect(() => parseExcludedInterfaces(text)).toThrow(
      /\[1\] is no regular expression: .*"?\(.*\[2\] must be a regular expression.*not 7.*\[3\] is no regular expression/,
    );
  });

  test('is named in the error', () => {
    const file = path.join(folder, 'bad.yaml');
    writeFileSync(file, 'announcedInterfacesToExclude: ["("]');
    expect(() => readExcludedInterfaces(file)).toThrow(`${file}: announcedInterfacesToExclude[0]`);
    expect(() => readExcludedInterfaces(folder)).toThrow(`cannot read ${folder}: `);
  });

  test('that is not there leaves the list that MetalLB ships', () => {
    expect(readExcludedInterfaces(path.join(folder, 'none.yaml'))).toBe(EXCLUDED_INTERFACES);
    const file = path.join(folder, 'own.yaml');
    writeFileSync(file, 'announcedInterfacesToExclude: [^wg]');
    expect(readExcludedInterfaces(file)).toEqual([/^wg/u]);
  });
});
