import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { isCleanText } from '../common/compile-validator.js';
import { Database } from '../database/database.js';
import type { DeviceDto, DevicePatch } from './sync.dto.js';

const COLUMNS = `device_id as "deviceId", device_name as "deviceName", platform, created_at::float8 as "createdAt",
  last_sync_at::float8 as "lastSyncAt", revoked_at::float8 as "revokedAt"`;

/** The devices of an account, for its owner. */
@Injectable()
export class DevicesService {
  constructor(private readonly database: Database) {}

  list(userId: string): Promise<DeviceDto[]> {
    return this.database.of(userId).query<DeviceDto>({
      name: 'list-devices',
      text: `select ${COLUMNS} from sync_devices where user_id = $1 order by last_sync_at desc, device_id`,
      values: [userId],
    });
  }

  /** Leaves out devices that may not sync. */
  async findMostRecent(userId: string): Promise<DeviceDto | undefined> {
    const devices = await this.list(userId);
    return devices.find(({ revokedAt }) => revokedAt === null);
  }

  /** @throws AppError sync.device_unknown */
  async change(userId: string, deviceId: string, { deviceName, revoked }: DevicePatch): Promise<DeviceDto> {
    if (!isCleanText(deviceId)) throw new AppError('sync.device_unknown');
    const rows = await this.database.of(userId).query<DeviceDto>({
      name: 'change-device',
      text: `update sync_devices set device_name = coalesce($3, device_name),
          revoked_at = case when $4 then null else revoked_at end
        where user_id = $1 and device_id = $2 returning ${COLUMNS}`,
      values: [userId, deviceId, deviceName ?? null, revoked === false],
    });
    return known(rows);
  }

  /**
   * Keeps a device from syncing, from its next request on. Its cursors and what it was believed to hold are forgotten:
   * should it be allowed again, it is sent everything.
   * @throws AppError sync.device_unknown
   */
  async revoke(userId: string, deviceId: string): Promise<DeviceDto> {
    if (!isCleanText(deviceId)) throw new AppError('sync.device_unknown');
    const rows = await this.database.of(userId).query<DeviceDto>({
      name: 'revoke-device',
      text: `with cursors as (delete from device_cursors where user_id = $1 and device_id = $2),
          marks as (delete from device_marks where user_id = $1 and device_id = $2)
        update sync_devices set
          revoked_at = coalesce(revoked_at, floor(extract(epoch from clock_timestamp()) * 1000)::bigint),
          last_cursor = null, push_cursor = null, held_from = null, held_to = null, held_until = null
        where user_id = $1 and device_id = $2 returning ${COLUMNS}`,
      values: [userId, deviceId],
    });
    return known(rows);
  }
}

function known([device]: readonly DeviceDto[]): DeviceDto {
  if (!device) throw new AppError('sync.device_unknown');
  return device;
}
