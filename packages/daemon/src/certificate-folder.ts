import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Logger } from './logger.ts';

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** The names that a Secret of the type `kubernetes.io/tls` has for them. */
const FILES = ['tls.crt', 'tls.key'] as const;

/**
 * A folder with `tls.crt` and `tls.key`, as Kubernetes mounts a Secret of the type `kubernetes.io/tls`: whoever renews the certificate writes new
 * files there.
 *
 * What cannot be used is logged, once for each state of the files; the last good pair stays.
 */
export class CertificateFolder {
  readonly #files: readonly string[];
  readonly #log: Pick<Logger, 'info' | 'error'>;
  #state: string | undefined;
  #good: Certificate | undefined;

  /** Reads nothing yet. */
  constructor(folder: string, log: Pick<Logger, 'info' | 'error'>) {
    this.#files = FILES.map((name) => path.join(folder, name));
    this.#log = log;
  }

  /** Looks whether the files changed, and gives the pair where it is another than the last time. */
  changed(): Certificate | undefined {
    const state = this.#files.map(stateOf).join(' ');
    if (state === this.#state) return undefined;
    this.#state = state;
    try {
      const [cert, key] = this.#files.map((file) => readFileSync(file)) as [Buffer, Buffer];
      // Throws where they are no PEM, or do not belong together.
      createSecureContext({ cert, key });
      this.#log.info('certificate of the metrics read', { file: this.#files[0] });
      return (this.#good = { cert, key });
    } catch (error) {
      const kept = this.#good === undefined ? 'none' : 'the one before';
      this.#log.error('certificate of the metrics cannot be used', { error, used: kept });
      return undefined;
    }
  }
}

/** A text that changes when the file does. */
function stateOf(file: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(file, { bigint: true });
    return [dev, ino, size, mtimeNs].join();
  } catch (error) {
    // Reading it says more.
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
