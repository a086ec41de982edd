import { ApiExtraModels, ApiProperty, getSchemaPath } from '../common/api-docs.js';
import { PageAnswer, PageQuery } from '../common/paging.js';
import { QueryFlag } from '../common/query.js';
import { CustomExerciseDto } from './custom-exercise.dto.js';
import { RoutineExerciseDto } from './routine-exercise.dto.js';
import { RoutineDto } from './routine.dto.js';
import { SupersetDto } from './superset.dto.js';

const DELETED = 'Also shows deleted records and what belongs to them; `deletedAt` tells which.';

export class RoutineQuery {
  @QueryFlag(DELETED)
  deleted: boolean = false;
}

export class RoutinesQuery extends PageQuery {
  @QueryFlag(DELETED)
  deleted: boolean = false;
}

export class SupersetItemDto extends SupersetDto {
  @ApiProperty({ enum: ['superset'] }) kind: 'superset';
  @ApiProperty({ type: [RoutineExerciseDto], description: 'By `orderInSuperset`.' })
  exercises: RoutineExerciseDto[];
}

export class ExerciseItemDto extends RoutineExerciseDto {
  @ApiProperty({ enum: ['exercise'] }) kind: 'exercise';
}

export type RoutineItem = SupersetItemDto | ExerciseItemDto;

@ApiExtraModels(SupersetItemDto, ExerciseItemDto)
export class RoutineTreeDto extends RoutineDto {
  @ApiProperty({
    type: 'array',
    description: 'Supersets and stand-alone exercises, by the `orderIndex` they share.',
    items: {
      oneOf: [{ $ref: getSchemaPath(SupersetItemDto) }, { $ref: getSchemaPath(ExerciseItemDto) }],
      discriminator: {
        propertyName: 'kind',
        mapping: { superset: getSchemaPath(SupersetItemDto), exercise: getSchemaPath(ExerciseItemDto) },
      },
    },
  })
  items: RoutineItem[];
}

export class RoutinesAnswer extends PageAnswer {
  @ApiProperty({ type: [RoutineTreeDto], description: 'The one made last comes first.' })
  items: RoutineTreeDto[];
}

export class CustomExercisesAnswer extends PageAnswer {
  @ApiProperty({ type: [CustomExerciseDto], description: 'The one made last comes first.' })
  items: CustomExerciseDto[];
}
