declare const stopTestDatabase: () => Promise<boolean>;

export default async function globalTeardown(): Promise<void> {
  await stopTestDatabase();
}
