import { openEars } from './seams/ears.ts';

// It listens from here on. All else is in another file of the bundle, and not even compiled before.
const ears = openEars();
const { runSpeaker } = await import('./daemon.ts');
process.exit(await runSpeaker(ears));
