import type { Checks, Found } from './finding.ts';

/** The last day of each release line of Node: nodejs/Release, schedule.json, as of November 2026. */
const NODE_ENDS: Readonly<Record<string, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
};

/** The last day of each version of MongoDB: mongodb.com/legal/support-policy/lifecycles, as of November 2026. */
const MONGODB_ENDS: Readonly<Record<string, string>> = {
  '4.2': '2023-04-30',
  '4.4': '2024-02-29',
  '5.0': '2024-10-31',
  '6.0': '2025-07-31',
  '7.0': '2027-08-31',
  '8.0': '2029-10-31',
  '8.2': '2026-07-31',
};

/** A version that gets no corrections any more; nothing if the tables do not have it. */
function ended(product: string, version: string, end: string | undefined, now: Date): Found[] {
  if (end === undefined || now.getTime() < Date.parse(`${end}T23:59:59Z`)) return [];
  return [
    {
      level: 'warning',
      problem: `${product} ${version} has got no corrections of weaknesses since ${end}.`,
      remedy: `Install a newer ${product}.`,
    },
  ];
}

/** Whether what the program runs on is still kept up. */
export const versionChecks: Checks = {
  node: ({ now }) => {
    const { node } = process.versions;
    return ended('Node', node, NODE_ENDS[node.split('.', 1).join()], now);
  },

  async mongodb({ settings: { mongodbUri }, db, now }) {
    if (mongodbUri === null) return []; // the embedded database is another product
    const { version } = await db.command({ buildInfo: 1 });
    return ended('MongoDB', version, MONGODB_ENDS[String(version).split('.', 2).join('.')], now);
  },
};
