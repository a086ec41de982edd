import { OmitType } from '../common/api-docs.js';
import { SERVER_COLUMNS } from '../sync/synced.entity.js';
import { EarnedBadge } from './earned-badge.entity.js';

export class EarnedBadgeDto extends OmitType(EarnedBadge, SERVER_COLUMNS) {}
