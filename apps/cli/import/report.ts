import { open, rm, type FileHandle } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { RowFault } from './plan';

/** The report of a file unless the caller names another: in the current folder, beside nothing of the source's. */
export const reportPathOf = (file: string): string => resolve(`${basename(file)}.report.ndjson`);

/**
 * Writes the faults of an import, one JSON object a line: `{ line, column, code, message }`. The file is made at the
 * first fault; one that an earlier import left is removed, so that a report always speaks of the last import.
 */
export class Report {
  private constructor(
    readonly path: string,
    private file?: FileHandle,
  ) {}

  static async at(path: string): Promise<Report> {
    await rm(path, { force: true });
    return new Report(path);
  }
  async write({ line, column, code, message }: RowFault): Promise<void> {
    this.file ??= await open(this.path, 'w');
    await this.file.write(`${JSON.stringify({ line, column, code, message })}\n`);
  }
  /** Does the report say anything? */
  get written(): boolean {
    return this.file !== undefined;
  }
  async close(): Promise<void> {
    await this.file?.close();
  }
}
