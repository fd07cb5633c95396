import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { settingsRoot } from './config.ts';
import { messageOf, OperatorError, systemReason } from './operator-error.ts';
import { readPrivateFile } from './private-file.ts';
import type { Certificate } from './rest/index.ts';
import type { Settings } from './settings.ts';

/** How often the files are read. */
const INTERVAL_MS = 2000;

type Files = Settings['tls'];

/**
 * Reads the certificate that the settings name, with its key; `undefined` if they name none.
 * @throws {OperatorError} if they cannot be read, do not belong together, or others may read the key
 */
export function readCertificate({ certFile, keyFile }: Files): Certificate | undefined {
  if (certFile === null && keyFile === null) return undefined;
  if (certFile === null || keyFile === null)
    throw new OperatorError('tls.certFile and tls.keyFile belong together. Set both of them, or none.');
  const certificate = { cert: readText(certFile), key: readPrivateFile('tls.keyFile', resolve(settingsRoot, keyFile)) };
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw new OperatorError(
      `The certificate ${certFile} and the key ${keyFile} cannot be used: ${messageOf(error)}. Both must be PEM files, and ` +
        'belong together.',
    );
  }
  return certificate;
}

function readText(path: string): string {
  try {
    return readFileSync(resolve(settingsRoot, path), 'utf8');
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new OperatorError(
      `tls.certFile: the file cannot be read: ${reason}. Name a file that this program may read.`,
    );
  }
}

/**
 * Reads the files again and again, and hands over what has changed in them. If that cannot be used, the log says so once, and
 * everything stays as it is. Nothing waits for the system to tell of a change, because files are replaced in many ways
 * (renamed, linked to elsewhere, mounted over, on another machine), of which it tells only a few.
 * @param present the certificate that is in use
 * @param options.signal ends this
 * @param options.intervalMs how often the files are read
 */
export function followCertificate(
  files: Files,
  present: Certificate,
  use: (certificate: Certificate) => void,
  { logger, signal, intervalMs = INTERVAL_MS }: { logger: Logger; signal: AbortSignal; intervalMs?: number },
): void {
  let used = present.cert + present.key;
  let seen = used;
  let told = '';
  const look = () => {
    const content = contentOf(files);
    // The other file of the pair may be written a moment later.
    const isComplete = content === seen;
    seen = content;
    if (!isComplete || content === used) return;
    try {
      const certificate = readCertificate(files);
      if (certificate) use(certificate);
      used = content;
      logger.info({ certificate: files.certFile }, 'the new certificate is in use');
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== told) logger.error(`The new certificate is not used, and the one before stays in use. ${reason}`);
      told = reason;
    }
  };
  const timer = setInterval(look, intervalMs).unref();
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** The text of both files, or why there is none. */
const contentOf = ({ certFile, keyFile }: Files): string =>
  [certFile, keyFile]
    .map((path) => {
      try {
        return readFileSync(resolve(settingsRoot, String(path)), 'utf8');
      } catch (error) {
        return messageOf(error);
      }
    })
    .join('');
