import { gunzipSync } from 'node:zlib';
import { type ColumnMetaData, type DecodedArray, type FileMetaData, parquetSchema } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { readDataPageV2 } from 'hyparquet/src/datapage.js';
import { getTreePath } from 'hyparquet/src/schema.js';
import { checkPage } from './parquet-check.js';

/** One page of one column: its values without the nulls, and where they belong. */
export interface Page {
  name: string;
  rowStart: number;
  values: DecodedArray;
  /** One entry for each row, 0 where it is null; undefined where none is. */
  defined: ArrayLike<number> | undefined;
}

/**
 * The pages of a file made by `pack`, column by column: what `parquetRead` does, made from its parts. That one copies the
 * file and makes a list of every column with nulls; 20,000 samples took 3.6 ms so, and take 2.2.
 */
export function* pagesOf(bytes: Buffer, metadata: FileMetaData, { foreign = false } = {}): Generator<Page> {
  const tree = parquetSchema(metadata);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    for (const { meta_data } of group.columns)
      if (meta_data)
        yield* columnPages(bytes, meta_data, getTreePath(tree, meta_data.path_in_schema), {
          groupStart: rowStart,
          foreign,
        });
    rowStart += Number(group.num_rows);
  }
}

type SchemaPath = ReturnType<typeof getTreePath>;

function* columnPages(
  bytes: Buffer,
  column: ColumnMetaData,
  schemaPath: SchemaPath,
  { groupStart, foreign }: { groupStart: number; foreign: boolean },
): Generator<Page> {
  const [name] = column.path_in_schema;
  const decoder = decoderOf(column, schemaPath);
  const optional = decoder.element.repetition_type === 'OPTIONAL';
  const reader = {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    offset: Number(column.dictionary_page_offset ?? column.data_page_offset),
  };
  const end = groupStart + Number(column.num_values);
  let dictionary: DecodedArray | undefined;
  let rowStart = groupStart;
  while (rowStart < end) {
    const header = headerAt(reader);
    if (foreign) {
      const { offset } = reader;
      const page = bytes.subarray(offset, offset + header.compressed_page_size);
      const { type } = column;
      checkPage(header, page, { type, optional, room: end - rowStart });
      if (header.type === 'DICTIONARY_PAGE' && dictionary) throw new Error('two dictionaries');
    }
    if (header.type === 'DICTIONARY_PAGE') {
      dictionary = readPage(reader, header, decoder, undefined, undefined, 0).data;
      continue;
    }
    const page = bytes.subarray(reader.offset, (reader.offset += header.compressed_page_size));
    const { dataPage, definitionLevels } = readDataPageV2(page, header, decoder);
    const values = dictionary ? lookUp(dictionary, dataPage as number[]) : dataPage;
    yield { name, rowStart, values, defined: definitionLevels };
    rowStart += definitionLevels?.length ?? values.length;
  }
}

/** Far more than any header has: what is not one is not read to the end of the file. */
const HEADER_MAX_BYTES = 1024;

function headerAt(reader: { view: DataView; offset: number }): ReturnType<typeof parquetHeader> {
  const { view, offset } = reader;
  const length = Math.min(HEADER_MAX_BYTES, view.byteLength - offset);
  const here = { view: new DataView(view.buffer, view.byteOffset + offset, length), offset: 0 };
  const header = parquetHeader(here);
  reader.offset += here.offset;
  return header;
}

const lookUp = (dictionary: DecodedArray, indexes: number[]): DecodedArray =>
  indexes.map((index) => dictionary[index] as number);

/** Values as they lie in the file: nothing that would make a Date of a timestamp is asked for. */
const decoderOf = (column: ColumnMetaData, schemaPath: SchemaPath) => ({
  pathInSchema: column.path_in_schema,
  type: column.type,
  element: schemaPath[schemaPath.length - 1].element,
  schemaPath,
  codec: column.codec,
  compressors: { GZIP: (page: Uint8Array) => gunzipSync(page) },
  parsers: {} as never,
});
