import { expect, test } from '@jest/globals';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { lineTo } from '../testing/line.ts';
import { tapTo } from '../testing/tap.ts';
import { until } from '../testing/until.ts';
import { connect } from './connect.ts';

test.each([
  ['the API', true],
  ['a command', false],
])('a connection of %s asks the server how it is, and does not wait for news of it', async (_whose, impatient) => {
  const { uri, db } = await testDatabase();
  const tap = await tapTo(uri);
  const often = `${tap.uri}&heartbeatFrequencyMS=500&serverMonitoringMode=stream`;
  const connection = await connect(often, db.databaseName, impatient);
  atEnd(() => connection.close(true));
  const checks = () => tap.commands.filter((command) => 'hello' in command);
  await until(() => checks().length >= 2);
  expect(checks().filter((command) => 'maxAwaitTimeMS' in command)).toEqual([]);
});

test.each([true, false])(
  'all is read from the primary, and snapshots stay possible, whatever the connection string says',
  async (impatient) => {
    const { uri, db } = await testDatabase();
    const tap = await tapTo(uri);
    const ofReads = 'readPreference=secondaryPreferred&readPreferenceTags=dc:ny&readConcernLevel=majority';
    const connection = await connect(`${tap.uri}&${ofReads}&maxStalenessSeconds=120`, db.databaseName, impatient);
    atEnd(() => connection.close(true));
    await connection.collection('engines').findOne();
    const { $readPreference, readConcern } = tap.commands.find((command) => 'find' in command) ?? {};
    expect(readConcern).toBeUndefined();
    // A connection to one server alone lets that be a secondary, if it is one.
    expect(['primary', 'primaryPreferred', undefined]).toContain($readPreference?.mode);
  },
);

test('a command whose connection closes while it is written fails, and gives its place in the pool back', async () => {
  const { uri, db } = await testDatabase();
  const line = await lineTo(uri);
  const connection = await connect(`${line.uri}&maxPoolSize=1`, db.databaseName, true);
  atEnd(() => connection.close(true));
  const { db: through } = connection;
  if (!through) throw new Error('the connection is not open');
  await through.command({ ping: 1 });
  line.stall(true);
  // More than the system holds for a connection.
  const large = Array.from({ length: 3 }, () => ({ text: 'x'.repeat(15_000_000) }));
  await expect(through.collection('large').insertMany(large)).rejects.toThrow(/timed out|closed/);
  line.stall(false);
  await until(async () =>
    through.command({ ping: 1 }).then(
      () => true,
      () => false,
    ),
  );
});
