import { getMetadataStorage } from 'class-validator';

type Swagger = typeof import('@nestjs/swagger');
type Decorator = (...target: unknown[]) => void;
type Class<T = object> = new (...args: never[]) => T;
export type { ApiPropertyOptions, OpenAPIObject } from '@nestjs/swagger';

/** What decorators have said, in the order in which they said it. */
const noted: ((swagger: Swagger) => void)[] = [];

/**
 * The package behind the documentation, told all that was noted. It is loaded when somebody first asks for the
 * documentation: with what it imports it is a fifth of all modules, 200 ms of the start and 14 MB of memory, and no
 * request of a phone needs it. Hence every file takes its decorators from here, by the same names.
 */
export async function loadSwagger(): Promise<Swagger> {
  const swagger = await import('@nestjs/swagger');
  for (const apply of noted.splice(0)) apply(swagger);
  return swagger;
}

type Noted =
  | 'ApiAcceptedResponse'
  | 'ApiBearerAuth'
  | 'ApiBody'
  | 'ApiConsumes'
  | 'ApiCreatedResponse'
  | 'ApiExtraModels'
  | 'ApiHeader'
  | 'ApiNotModifiedResponse'
  | 'ApiOkResponse'
  | 'ApiOperation'
  | 'ApiParam'
  | 'ApiProperty'
  | 'ApiResponse'
  | 'ApiTags';

/** The decorator of that name, which only notes what it is given. */
function later<Name extends Noted>(name: Name): Swagger[Name] {
  const note =
    (...options: unknown[]): Decorator =>
    (...target) => {
      noted.push((swagger) => {
        const factory = swagger[name] as unknown as (...options: unknown[]) => Decorator;
        factory(...options)(...target);
      });
    };
  return note;
}

export const ApiAcceptedResponse = later('ApiAcceptedResponse');
export const ApiBearerAuth = later('ApiBearerAuth');
export const ApiBody = later('ApiBody');
export const ApiConsumes = later('ApiConsumes');
export const ApiCreatedResponse = later('ApiCreatedResponse');
export const ApiExtraModels = later('ApiExtraModels');
export const ApiHeader = later('ApiHeader');
export const ApiNotModifiedResponse = later('ApiNotModifiedResponse');
export const ApiOkResponse = later('ApiOkResponse');
export const ApiOperation = later('ApiOperation');
export const ApiParam = later('ApiParam');
export const ApiProperty = later('ApiProperty');
export const ApiResponse = later('ApiResponse');
export const ApiTags = later('ApiTags');

/** Where the document describes a class. */
export const getSchemaPath = (model: Class): string => `#/components/schemas/${model.name}`;

/** The class without these properties: with the rules of the others, and with their documentation. */
export function OmitType<T extends object, K extends keyof T>(
  base: Class<T>,
  keys: readonly K[],
): Class<Omit<T, K>> {
  return derived(
    base,
    (name) => !keys.includes(name as K),
    (swagger) => swagger.OmitType(base as never, keys as never),
  );
}

/** The class with only these properties: with their rules and their documentation. */
export function PickType<T extends object, K extends keyof T>(
  base: Class<T>,
  keys: readonly K[],
): Class<Pick<T, K>> {
  return derived(
    base,
    (name) => keys.includes(name as K),
    (swagger) => swagger.PickType(base as never, keys as never),
  );
}

function derived<T>(
  base: Class,
  keeps: (property: string) => boolean,
  documented: (swagger: Swagger) => Class,
): Class<T> {
  class Derived {}
  const storage = getMetadataStorage();
  const rules = storage.getTargetValidationMetadatas(base, '', false, false);
  for (const rule of rules)
    if (keeps(rule.propertyName)) storage.addValidationMetadata(Object.assign({}, rule, { target: Derived }));
  noted.push((swagger) => {
    const from = documented(swagger).prototype as object;
    const { API_MODEL_PROPERTIES: property, API_MODEL_PROPERTIES_ARRAY: list } = swagger.DECORATORS;
    for (const name of (Reflect.getMetadata(list, from) ?? []) as string[])
      swagger.ApiProperty(Reflect.getMetadata(property, from, name.slice(1)))(
        Derived.prototype,
        name.slice(1),
      );
  });
  return Derived as Class<T>;
}
