import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

// What our pages point at: other pages, chapters of them, commands and the files that these name.

const root = path.resolve(import.meta.dirname, '..');
const words = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'];
const pages = execFileSync('git', words, { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(root, file)));
const text = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const inBlocks = /^( *)```[^]*?^\1```/gm;

/** What a chapter is called in an address, as GitHub makes it of its title. */
function anchorOf(title: string): string {
  return title
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

const anchorsOf = (file: string): readonly string[] =>
  [
    ...text(file)
      .replaceAll(inBlocks, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, title = '']) => anchorOf(title));

/** The links of a page that lead to pages of ours, each as a file and a chapter, which may be empty. */
function linksOf(file: string): readonly (readonly [target: string, chapter: string])[] {
  const links = text(file)
    .replaceAll(inBlocks, '')
    .matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g);
  return [...links].map(([, target = '', chapter = '']) => [
    target === '' ? file : path.join(path.dirname(file), target),
    chapter,
  ]);
}

describe('in our pages', () => {
  test('each link leads somewhere, and to a chapter that there is', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter(
          ([target, chapter]) =>
            !existsSync(path.join(root, target)) ||
            (chapter !== '' && !anchorsOf(target).includes(chapter)),
        )
        .map((link) => `${page} → ${link.join('#')}`),
    );
    expect(broken).toEqual([]);
  });

  test('each command is one of ours', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    const named = pages.flatMap((page) =>
      [...text(page).matchAll(/\bnpm run ([\w:]+)/g)].map(([, name = '']) => [page, name] as const),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(([, name]) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  test('each file that a command names is there', () => {
    const lines = pages.flatMap((page) =>
      [...text(page).matchAll(/\b(?:node|vitest|promtool|helm|kubectl) [^`\n]*/g)].map(
        ([line]) => [page, line] as const,
      ),
    );
    const ours = /(?<=[\s=])(?:bench|checks|deploy|e2e|packages|scripts)\/[\w./-]+/g;
    const named = lines
      .flatMap(([page, line]) => [...line.matchAll(ours)].map(([file]) => [page, file] as const))
      // Those are made by a build.
      .filter(([, file]) => !file.includes('/dist'));
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter(([, file]) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});
