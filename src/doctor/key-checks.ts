import { shownKey } from '../access/index.ts';
import { isLoopback } from '../loopback.ts';
import { DAY_MS, type Checks, type Subject } from './finding.ts';

const UNUSED_DAYS = 30;
const FORGOTTEN_DAYS = 90;

const liveKeys = ({ keys }: Subject) => keys.map(shownKey).filter(({ state }) => state === 'live');

const nameOf = ({ id, name }: { id: string; name: string }) => `The key ${id} (${name})`;

/** Which keys are there, and which nobody needs. */
export const keyChecks: Checks = {
  'no-key'({ settings: { auth, host, tokens }, keys }) {
    if (auth === 'none' || tokens.issuer !== null || keys.length > 0) return [];
    return [
      {
        level: 'warning',
        problem: isLoopback(host)
          ? 'There is no key, so every user and every program of this machine may use the API.'
          : `There is no key, so the server does not start on ${host}.`,
        remedy: 'Make a key with npx engines keys create --name NAME --role admin.',
      },
    ];
  },

  'endless-key': (subject) =>
    liveKeys(subject)
      .filter(({ expiresAt }) => expiresAt === null)
      .map((key) => ({
        level: 'warning',
        problem: `${nameOf(key)} never ends.`,
        remedy: `Put one with an end in its place: npx engines keys rotate ${key.id} --expires 90d.`,
      })),

  'unused-key': (subject) =>
    liveKeys(subject).flatMap((key) => {
      const { lastUsedAt, createdAt } = key;
      const days = Math.floor((subject.now.getTime() - (lastUsedAt ?? createdAt).getTime()) / DAY_MS);
      if (days < (lastUsedAt ? FORGOTTEN_DAYS : UNUSED_DAYS)) return [];
      return [
        {
          level: 'warning',
          problem: `${nameOf(key)} ${lastUsedAt ? `was last used ${days} days ago` : `was made ${days} days ago and never used`}.`,
          remedy: `If nobody needs it, end it: npx engines keys revoke ${key.id}.`,
        },
      ];
    }),
};
