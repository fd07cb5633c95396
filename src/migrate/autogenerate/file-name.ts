/**
 * The name of a migration's file, by migrate-mongo's rule: the time in UTC, then the description with underscores.
 * What a file name cannot hold becomes an underscore too.
 */
export function fileName(description: string, now: Date): string {
  const time = now.toISOString().replaceAll(/\D/g, '').slice(0, 14);
  return `${time}-${description.replaceAll(/[\s/\\:*?"<>|]/g, '_')}.ts`;
}
