import type { MigrationInterface } from 'typeorm';
import { CreateAccounts1795300000000 } from './migrations/1795300000000-create-accounts.js';
import { CreateSync1795331820942 } from './migrations/1795331820942-create-sync.js';
import { CreateMetrics1795332139038 } from './migrations/1795332139038-create-metrics.js';
import { IndexPortalReads1795333214413 } from './migrations/1795333214413-index-portal-reads.js';
import { StoreChunksAtOnce1795336944443 } from './migrations/1795336944443-store-chunks-at-once.js';
import { CheaperKeys1795937342363 } from './migrations/1795937342363-cheaper-keys.js';
import { CloseAccounts1795946101904 } from './migrations/1795946101904-close-accounts.js';
import { AddMail1795947102600 } from './migrations/1795947102600-add-mail.js';
import { CreateBilling1795949097984 } from './migrations/1795949097984-create-billing.js';
import { CountRequests1795949900000 } from './migrations/1795949900000-count-requests.js';
import { ThinHistory1795949951879 } from './migrations/1795949951879-thin-history.js';
import { FindNamedLedgers1795961992894 } from './migrations/1795961992894-find-named-ledgers.js';

/** Every migration, oldest first; written by `npm run migration:generate`. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [
  CreateAccounts1795300000000,
  CreateSync1795331820942,
  CreateMetrics1795332139038,
  IndexPortalReads1795333214413,
  StoreChunksAtOnce1795336944443,
  CheaperKeys1795937342363,
  CloseAccounts1795946101904,
  AddMail1795947102600,
  CreateBilling1795949097984,
  CountRequests1795949900000,
  ThinHistory1795949951879,
  FindNamedLedgers1795961992894,
];
