import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Makes a certificate for this machine that proves itself, valid for a day, and its key. Needs openssl.
 * @returns the paths of both, as the settings name them
 */
export function makeCertificate(folder: string, name = 'server'): { certFile: string; keyFile: string } {
  const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', keyFile, '-out', certFile];
  execFileSync('openssl', ['req', ...kind, ...subject, ...files], { stdio: 'pipe' });
  return { certFile, keyFile };
}
