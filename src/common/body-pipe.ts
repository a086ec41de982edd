import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import { assertNoConstructors } from './json-object.js';
import { validationFault } from './validation-faults.js';

/** Checks what comes against its DTO. Unknown keys are ignored, not refused: a newer phone may send more than this server knows. */
@Injectable()
export class BodyPipe extends ValidationPipe {
  constructor() {
    super({ transform: true, exceptionFactory: validationFault });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && this.toValidate(metadata)) assertNoConstructors(value);
    return super.transform(value, metadata);
  }
}
