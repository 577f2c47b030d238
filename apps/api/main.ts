import 'reflect-metadata';
import { startOrEnd } from '@baton/platform/start';
import { serve } from './serve';

startOrEnd(() => serve());
