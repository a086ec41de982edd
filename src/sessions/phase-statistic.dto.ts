import { OmitType } from '../common/api-docs.js';
import { SERVER_COLUMNS } from '../sync/synced.entity.js';
import { PhaseStatistic } from './phase-statistic.entity.js';

export class PhaseStatisticDto extends OmitType(PhaseStatistic, SERVER_COLUMNS) {}
