import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiProperty } from '../common/api-docs.js';
import { Changes } from './changes.js';
import { Clocks } from './clocks.js';
import type { CollectionDefinition } from './collection-definition.js';
import { LimitsModule } from '../limits/limits.module.js';
import { Collections } from './collections.js';
import { Device, DeviceCursor, DeviceMark } from './device.entity.js';
import { DeviceStates } from './device-state.js';
import { DevicesService } from './devices.service.js';
import { DigestService } from './digest.service.js';
import { SyncPushRequest } from './envelope.js';
import { HeadsService } from './heads.service.js';
import { HistoryService } from './history.service.js';
import { ImportedRecords } from './imported-records.js';
import { PortalReads } from './portal-reads.js';
import { PullService } from './pull.service.js';
import { PushService } from './push.service.js';
import { QuarantineService } from './quarantine.service.js';
import { RedriveService } from './redrive.service.js';
import { RecordAlias } from './record-alias.entity.js';
import { RecordVersion } from './record-version.entity.js';
import { RecordsController } from './records.controller.js';
import { RejectedRecord } from './rejected-record.entity.js';
import { ServerState } from './server-state.entity.js';
import { StatusService } from './status.service.js';
import { SyncClock } from './sync-clock.entity.js';
import { SyncController } from './sync.controller.js';
import { SyncPullAnswer } from './sync.dto.js';

/** Where a feature's collections come to the engine. */
@Module({})
class SyncedFeature {}

/** The sync engine. It knows no feature: `forFeature` brings collections to it. */
@Global()
@Module({
  imports: [
    LimitsModule,
    TypeOrmModule.forFeature([
      SyncClock,
      ServerState,
      Device,
      DeviceCursor,
      DeviceMark,
      RecordVersion,
      RecordAlias,
      RejectedRecord,
    ]),
  ],
  controllers: [SyncController, RecordsController],
  providers: [
    Changes,
    Clocks,
    Collections,
    DeviceStates,
    PushService,
    PullService,
    StatusService,
    DigestService,
    HeadsService,
    PortalReads,
    HistoryService,
    QuarantineService,
    RedriveService,
    DevicesService,
    ImportedRecords,
  ],
  exports: [
    Changes,
    Clocks,
    Collections,
    DigestService,
    HeadsService,
    PortalReads,
    PushService,
    PullService,
    HistoryService,
    ImportedRecords,
  ],
})
export class SyncModule {
  /** Every definition any feature has brought, known as soon as its module is imported: the law book runs for each. */
  static readonly definitions: CollectionDefinition[] = [];

  /** Registers collections: their tables, their sections on the wire, their place in every engine statement. */
  static forFeature(definitions: readonly CollectionDefinition[]): DynamicModule {
    SyncModule.definitions.push(...definitions);
    for (const { name, dto, singleton } of definitions) {
      const section = singleton ? { type: dto, nullable: true } : { type: dto, isArray: true };
      ApiProperty({ ...section, required: false })(SyncPushRequest.prototype, name);
      ApiProperty({ ...section, required: true })(SyncPullAnswer.prototype, name);
    }
    const registered = Symbol(definitions.map(({ name }) => name).join());
    return {
      module: SyncedFeature,
      imports: [TypeOrmModule.forFeature(definitions.map(({ entity }) => entity))],
      providers: [
        {
          provide: registered,
          inject: [Collections],
          useFactory: (collections: Collections) => collections.add(definitions) ?? true,
        },
      ],
      exports: [TypeOrmModule],
    };
  }
}
