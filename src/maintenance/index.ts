export { maintenanceOperations } from './maintenance-operations.ts';
