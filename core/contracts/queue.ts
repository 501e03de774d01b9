/** The one queue (BullMQ). Job id: `<buildId>-<attempt>`. In a file without zod: a waiting builder stays small. */
export const BUILD_QUEUE = 'sluice-builds';
