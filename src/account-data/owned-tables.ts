/**
 * What becomes of each table of an account when its owner takes the data along. A test holds this against the entities:
 * a new table has to be decided about. The tables of collections are exported by being registered.
 */
export const OWNED_TABLES: Readonly<Record<string, { exportedTo: string } | { leftOut: string }>> = {
  users: { exportedTo: 'account.json' },
  auth_sessions: { exportedTo: 'account.json' },
  sync_devices: { exportedTo: 'devices.json' },
  record_aliases: { exportedTo: 'other-ids.json' },
  record_versions: { exportedTo: 'history/' },
  rejected_records: { exportedTo: 'rejected.json' },
  metric_chunks: { exportedTo: 'samples/' },
  sync_clock: { exportedTo: 'manifest.json' },
  billing_events: { exportedTo: 'purchases.json' },
  refresh_tokens: { leftOut: 'hashes of secrets, of no use to anybody but a thief' },
  link_tokens: { leftOut: 'hashes of links in e-mails, each good for hours' },
  outgoing_mails: { leftOut: 'e-mails on their way to the owner, for minutes' },
  device_cursors: { leftOut: 'how far each device has read on this very server' },
  device_marks: { leftOut: 'which records each device holds of this very server' },
};
