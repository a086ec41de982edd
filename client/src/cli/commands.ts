import type { Command } from './command.js';
import { add } from './commands/add.js';
import { conflicts } from './commands/conflicts.js';
import { remove } from './commands/delete.js';
import { devices } from './commands/devices.js';
import { digest } from './commands/digest.js';
import { edit } from './commands/edit.js';
import { exportAll } from './commands/export.js';
import { history } from './commands/history.js';
import { list } from './commands/list.js';
import { login } from './commands/login.js';
import { logout } from './commands/logout.js';
import { record } from './commands/record.js';
import { rejected } from './commands/rejected.js';
import { restore } from './commands/restore.js';
import { samples } from './commands/samples.js';
import { show } from './commands/show.js';
import { signup } from './commands/signup.js';
import { status } from './commands/status.js';
import { sync } from './commands/sync.js';
import { whoami } from './commands/whoami.js';

/** Every command, in the order in which a newcomer needs them. */
export const COMMANDS: readonly Command[] = [
  signup,
  login,
  logout,
  whoami,
  add,
  edit,
  remove,
  list,
  show,
  record,
  samples,
  sync,
  status,
  digest,
  conflicts,
  rejected,
  history,
  restore,
  exportAll,
  devices,
];

/** “ Did you mean …?”, or nothing. */
export function similarTo(name: string): string {
  const begin = name.slice(0, 3).toLowerCase();
  const found = COMMANDS.filter((command) => command.name.startsWith(begin));
  return found.length === 0 ? '' : ` Did you mean ${found.map((command) => command.name).join(' or ')}?`;
}
