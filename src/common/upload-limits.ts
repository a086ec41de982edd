/**
 * Sensor samples in one upload: more than an hour at 50 Hz; the largest upload seen in the field had 74,382. No list of any
 * request may be longer. Here, because the body's reader enforces it and GET /api/sync/limits names it.
 */
export const MAX_UPLOAD_SAMPLES = 200_000;
