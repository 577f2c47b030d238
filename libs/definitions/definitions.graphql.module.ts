import { Module } from '@nestjs/common';
import { DefinitionsResolver } from './read/definitions/definitions.resolver';

@Module({ providers: [DefinitionsResolver] })
export class DefinitionsGraphqlModule {}
