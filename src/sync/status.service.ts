import { Injectable } from '@nestjs/common';
import { DevicesService } from './devices.service.js';
import { PullService } from './pull.service.js';

export interface DeviceStatus {
  deviceId: string | null;
  lastSync: number | null;
  pendingChanges: number;
  epoch: number;
}

/** A device id no phone can have: what a device that was never here would be sent. */
const NOBODY = '';

/** Where a device stands: asked by every phone at start, premium or not. */
@Injectable()
export class StatusService {
  constructor(
    private readonly devices: DevicesService,
    private readonly pulls: PullService,
  ) {}

  /** Without a device id: the account's most recent device. */
  async status(
    userId: string,
    asked: { deviceId?: string; lastSync?: number; receipt?: number },
  ): Promise<DeviceStatus> {
    const deviceId = asked.deviceId ?? (await this.devices.findMostRecent(userId))?.deviceId ?? null;
    const { state, pending } = await this.pulls.count(userId, deviceId ?? NOBODY, asked);
    return { deviceId, lastSync: state.lastSyncAt, pendingChanges: pending, epoch: state.epoch };
  }
}
