// migrate-mongo looks for this name and reads no TypeScript; the settings are in migrate-mongo-config.ts.
import 'tsx';
export default (await import('./migrate-mongo-config.ts')).default;
