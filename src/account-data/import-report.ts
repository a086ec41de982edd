import { ApiProperty } from '../common/api-docs.js';
import type { ImportedRecordsCount, ImportedStatesCount } from '../sync/imported-records.js';

const count = (description: string) => ApiProperty({ type: 'integer', minimum: 0, description });

/** Refusals that one answer names; all are counted. */
const NAMED_MAX = 1000;

export class ImportCountDto {
  @count('Were not here before') added = 0;
  @count('Were here as older edits, which are in the history now') updated = 0;
  @count('Are older edits than what is here: added to the history') older = 0;
  @count('Were here already') unchanged = 0;
  @count('Could not be stored; `rejected` says why') rejected = 0;
}

export class ImportRejectedDto {
  @ApiProperty({ description: 'The file of the export it stands in' }) file: string;
  @ApiProperty({ type: String, nullable: true }) clientId: string | null;
  @ApiProperty() code: string;
  @ApiProperty({ type: String, nullable: true }) field: string | null;
  @ApiProperty() message: string;
}

/** What one request did. */
export class ImportAnswerDto {
  @ApiProperty({ description: 'False: send the same file again, with `next` as the parameter `after`' })
  done: boolean;

  @ApiProperty({ type: String, nullable: true, description: 'Null once it is done' })
  next: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: '#/components/schemas/ImportCountDto' },
    description: 'By file of the export, as far as this request went',
  })
  files: Record<string, ImportCountDto>;

  @ApiProperty({ type: [ImportRejectedDto], description: `The first ${NAMED_MAX} of this request` })
  rejected: ImportRejectedDto[];
}

/** Adds up what becomes of the files of an export. */
export class ImportReport {
  readonly files: Record<string, ImportCountDto> = {};
  readonly rejected: ImportRejectedDto[] = [];

  add(file: string, counts: ImportedStatesCount | ImportedRecordsCount): void {
    const all = (this.files[file] ??= new ImportCountDto());
    all.added += counts.added;
    all.unchanged += counts.unchanged;
    all.rejected += counts.rejected.length;
    if ('updated' in counts) {
      all.updated += counts.updated;
      all.older += counts.older;
    }
    const room = NAMED_MAX - this.rejected.length;
    this.rejected.push(
      ...counts.rejected
        .slice(0, room)
        .map((refusal) => ({ ...refusal, file, message: shortened(refusal.message) })),
    );
  }
}

const shortened = (text: string) => text.slice(0, 500);
