import { parseArgs } from 'node:util';
import { AppError } from '../common/app-error.js';
import { Database } from '../database/database.js';
import { DevicesService } from '../sync/devices.service.js';
import type { DeviceDto } from '../sync/sync.dto.js';
import { accountId } from './accounts.js';
import { type Action, type Command, UsageError } from './command.js';
import { moment, printable, table } from './table.js';

const HELP = `Usage:
  devices list EMAIL             the account's devices, the one that synced last first
  devices revoke EMAIL DEVICE    keep a device from syncing, from its next request on
  devices allow EMAIL DEVICE     let a revoked device sync again; it is sent everything

DEVICE is the id of the list, in quotes if it has spaces. Instead of EMAIL the account's id will do.
A device that is revoked stays signed in; "users disable" keeps the whole account out.`;

const VERBS = ['list', 'revoke', 'allow'] as const;
const isVerb = (text: string | undefined): text is (typeof VERBS)[number] =>
  VERBS.some((verb) => verb === text);

/** `devices list|revoke|allow EMAIL [DEVICE]` */
export const devices: Command = {
  name: 'devices',
  summary: 'list, revoke or allow the devices of an account',
  help: HELP,
  read(args: string[]): Action {
    const { positionals } = parseArgs({ args, options: {}, allowPositionals: true });
    const [verb, email, device, ...rest] = positionals;
    if (!isVerb(verb)) throw new UsageError('Say "devices list", "devices revoke" or "devices allow".');
    if (email === undefined) throw new UsageError(`Say whose devices: "devices ${verb} EMAIL".`);
    if (rest.length > 0 || (verb === 'list' && device !== undefined))
      throw new UsageError(`That is too much: "devices ${verb} EMAIL${verb === 'list' ? '' : ' DEVICE'}".`);
    if (verb !== 'list' && device === undefined)
      throw new UsageError(
        `Say which device: "devices ${verb} EMAIL DEVICE"; "devices list EMAIL" names them.`,
      );
    return async (app) => {
      const service = app.get(DevicesService);
      const userId = await accountId(app.get(Database), email);
      if (verb === 'list') return describe(email, await service.list(userId));
      try {
        if (verb === 'revoke') {
          await service.revoke(userId, device);
          return `${printable(device)} may not sync any more.`;
        }
        await service.change(userId, device, { revoked: false });
        return `${printable(device)} may sync; it will be sent everything.`;
      } catch (error) {
        if (error instanceof AppError && error.code === 'sync.device_unknown')
          throw new UsageError(
            `${email} has no device ${printable(device)}; "devices list ${email}" names them.`,
          );
        throw error;
      }
    };
  },
};

function describe(email: string, list: readonly DeviceDto[]): string {
  if (list.length === 0) return `No device of ${email} has ever synced.`;
  return table(
    ['DEVICE', 'NAME', 'PLATFORM', 'LAST SYNC', 'REVOKED'],
    list.map(({ deviceId, deviceName, platform, lastSyncAt, revokedAt }) => [
      printable(deviceId),
      printable(deviceName ?? ''),
      printable(platform),
      moment(lastSyncAt),
      revokedAt === null ? '' : moment(revokedAt),
    ]),
  );
}
