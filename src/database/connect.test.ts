import { expect, test } from '@jest/globals';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
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
