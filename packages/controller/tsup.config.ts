import { defineConfig } from 'tsup';
import { daemonBundle } from '../../tsup.daemon.ts';

export default defineConfig(daemonBundle());
