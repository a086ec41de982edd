import '../../src/app.module.js';
import { SyncModule } from '../../src/sync/sync.module.js';
import { syncLaws } from './sync-laws.js';

for (const definition of SyncModule.definitions) if (!definition.singleton) syncLaws(definition);
