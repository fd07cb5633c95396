// For npx migrate-mongo in this folder, which looks nowhere else.
export { default } from '../migrate-mongo-config.js';
