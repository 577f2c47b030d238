import 'reflect-metadata';
import { startOrExit } from '@baton/platform/start';
import { serve } from './serve';

startOrExit(() => serve());
