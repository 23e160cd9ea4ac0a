import { defineConfig } from 'tsup';
import { daemonBundle, withAddon } from '../../tsup.daemon.ts';

export default defineConfig(daemonBundle(withAddon(import.meta.dirname)));
