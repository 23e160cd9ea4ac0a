// Builds every package in the order of its dependencies; a second build does only what changed.
import { must } from './process.mjs';

export async function buildAll() {
  await must('npx', ['lerna', 'run', 'build', '--stream=false'], { quiet: true });
}
