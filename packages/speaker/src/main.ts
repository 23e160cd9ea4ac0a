// It listens from the end of this import on. All else is in another file of the bundle, and not even compiled before.
import './seams/ears.ts';

await import('./daemon.ts');
