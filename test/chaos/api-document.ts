import fs from 'node:fs';
import path from 'node:path';
import { project } from '../support/server-process.js';

/** As much of JSON Schema as the document of the API uses. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: unknown[];
  minimum?: number;
  maxLength?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  allOf?: Schema[];
  oneOf?: Schema[];
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema: Schema;
}

/** One method of one address, as docs/openapi.json has it. */
export interface Operation {
  method: string;
  /** With its parameters in braces. */
  path: string;
  parameters: Parameter[];
  body: Schema | null;
  needsToken: boolean;
}

export interface SampleOptions {
  /** Whether properties that may be left out are there. */
  optional: boolean;
  /** The text for a property of this name. */
  textFor: (name: string) => string;
}

interface Document {
  paths: Record<
    string,
    Record<
      string,
      {
        parameters?: Parameter[];
        requestBody?: { content?: Record<string, { schema?: Schema }> };
        security?: object[];
      }
    >
  >;
  components: { schemas: Record<string, Schema> };
}

/** What docs/openapi.json says, so that whatever is driven by it covers new routes by itself. */
export class ApiDocument {
  private constructor(private readonly document: Document) {}

  static load(): ApiDocument {
    const file = path.join(project, 'docs/openapi.json');
    return new ApiDocument(JSON.parse(fs.readFileSync(file, 'utf8')) as Document);
  }

  operations(): Operation[] {
    return Object.entries(this.document.paths).flatMap(([address, methods]) =>
      Object.entries(methods).map(([method, { parameters = [], requestBody, security = [] }]) => ({
        method: method.toUpperCase(),
        path: address,
        parameters,
        body: requestBody?.content?.['application/json']?.schema ?? null,
        needsToken: security.length > 0,
      })),
    );
  }

  /** The schema itself: references followed, the first of alternatives taken. */
  resolve(schema: Schema): Schema {
    const next = schema.allOf?.[0] ?? schema.oneOf?.[0];
    if (next !== undefined) return this.resolve(next);
    const name = schema.$ref?.split('/').at(-1);
    if (name === undefined) return schema;
    const found = this.document.components.schemas[name];
    if (found === undefined) throw new Error(`docs/openapi.json has no schema ${name}`);
    return this.resolve(found);
  }

  /** A value of this schema, as `how` wants its texts; `name` is the property it stands in. */
  sample(schema: Schema, how: SampleOptions, name = ''): unknown {
    const whole = this.resolve(schema);
    if (whole.enum !== undefined) return whole.enum[0];
    switch (whole.type) {
      case 'object':
        return this.sampleObject(whole, how);
      case 'array':
        return whole.items === undefined ? [] : [this.sample(whole.items, how, name)];
      case 'integer':
      case 'number':
        return name === 'deletedAt' ? null : Math.max(whole.minimum ?? 1, 1);
      case 'boolean':
        return false;
      default:
        return how.textFor(name);
    }
  }

  private sampleObject({ properties = {}, required = [] }: Schema, how: SampleOptions): object {
    const keys = Object.keys(properties).filter((key) => how.optional || required.includes(key));
    return Object.fromEntries(keys.map((key) => [key, this.sample(properties[key] ?? {}, how, key)]));
  }
}
