import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { settingsRoot } from '../config.ts';
import { isLoopback } from '../loopback.ts';
import { DAY_MS, type Checks } from './finding.ts';

/** As many characters as 192 random bits have in base64. */
const LEAST_OF_SECRET = 32;
const RENEW_MS = 14 * DAY_MS;

/** What the settings open to others. */
export const settingChecks: Checks = {
  auth({ settings: { auth, host } }) {
    if (auth !== 'none') return [];
    return [
      {
        level: isLoopback(host) ? 'warning' : 'error',
        problem: `auth is none, so whoever reaches ${host} may read and change everything.`,
        remedy: 'Take auth out of the settings, and make a key with npx engines keys create.',
      },
    ];
  },

  cors({ settings: { auth, cors, tokens }, keys }) {
    if (!cors.origins.includes('*')) return [];
    const isOpen = auth === 'none' || (tokens.issuer === null && keys.length === 0);
    return [
      {
        level: isOpen ? 'error' : 'warning',
        problem: `cors.origins is *, so every page in a browser may use the API${isOpen ? ', without a key' : ' with a key that it has'}.`,
        remedy: 'Name the origins of your own pages in cors.origins.',
      },
    ];
  },

  tokens({ settings: { tokens } }) {
    const url = tokens.jwksUrl ?? tokens.issuer;
    if (url === null || url.startsWith('https:') || isLoopback(new URL(url).hostname)) return [];
    return [
      {
        level: 'error',
        problem: `The keys of the tokens' issuer are read from ${url} without TLS, so whoever is between can make tokens.`,
        remedy: 'Name an address that begins with https in tokens.issuer or tokens.jwksUrl.',
      },
    ];
  },

  tls({ settings: { host, tls } }) {
    if (isLoopback(host) || tls.certFile !== null) return [];
    return [
      {
        level: 'warning',
        problem: `The server listens on ${host} without TLS, so the network between it and its callers can read their keys.`,
        remedy: 'Set tls.certFile and tls.keyFile, or let nobody but a proxy that speaks TLS reach the port.',
      },
    ];
  },

  certificate({ settings: { tls }, now }) {
    if (tls.certFile === null) return [];
    const { validTo } = new X509Certificate(readFileSync(resolve(settingsRoot, tls.certFile)));
    const leftMs = new Date(validTo).getTime() - now.getTime();
    if (leftMs > RENEW_MS) return [];
    return [
      {
        level: leftMs < 0 ? 'error' : 'warning',
        problem: `The certificate ${tls.certFile} ${leftMs < 0 ? 'has ended' : 'ends soon'}: ${validTo}.`,
        remedy: 'Renew it. The server takes the new one without a restart.',
      },
    ];
  },

  limits({ settings: { host, limits } }) {
    if (limits.enabled || isLoopback(host)) return [];
    return [
      {
        level: 'warning',
        problem: 'limits.enabled is false, so one caller can take all that the API can do.',
        remedy: 'Take it out of the settings, and set the limits as high as your callers need them.',
      },
    ];
  },

  'cursor-secret'({ settings: { cursorSecret } }) {
    if (cursorSecret === null || cursorSecret.length >= LEAST_OF_SECRET) return [];
    return [
      {
        level: 'warning',
        problem: `cursorSecret has ${cursorSecret.length} characters, so it can be guessed.`,
        remedy:
          'Take it out of the settings: the database then keeps a secret of its own. Or make one with openssl rand -base64 32.',
      },
    ];
  },
};
