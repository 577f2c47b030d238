import { Global, Module, type BeforeApplicationShutdown, type DynamicModule, type Type } from '@nestjs/common';
import { DefinitionSource, EventLog, Journal } from '@baton/kernel';
import { LogDefinitions, logDefinitions } from '@baton/definitions/definitions.module';
import type { Config } from '@baton/platform/config';
import { ReadModels } from '@baton/platform/documents';
import { PlatformModule, READ_ONLY, type PlatformOptions } from '@baton/platform/platform.module';
import { contextParts } from './contexts';

/** Global, because every decision needs the definitions in force. */
@Global()
@Module({
  providers: [
    { provide: LogDefinitions, useFactory: logDefinitions, inject: [Journal, EventLog, ReadModels, READ_ONLY] },
    { provide: DefinitionSource, useExisting: LogDefinitions },
  ],
  exports: [DefinitionSource, LogDefinitions],
})
export class DefinitionsModule implements BeforeApplicationShutdown {
  constructor(private readonly definitions: LogDefinitions) {}

  /** Runs before the log is closed. */
  beforeApplicationShutdown(): Promise<void> {
    return this.definitions.close();
  }
}

/** All of Baton except the API: the platform on the configured stores, and every context. */
@Module({})
export class BatonModule {
  static forRoot(
    config: Config,
    {
      edge = [],
      ...surroundings
    }: PlatformOptions & { readonly edge?: readonly (DynamicModule | Type<unknown>)[] } = {},
  ): DynamicModule {
    return {
      module: BatonModule,
      imports: [PlatformModule.forRoot(config, contextParts, surroundings), DefinitionsModule, ...edge],
    };
  }
}
