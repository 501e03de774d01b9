import type { z } from 'zod';
import type { PathParameters } from '../../core/contracts/path-parameters.ts';
import type { RouteContract, RouteName, routes } from '../../core/contracts/routes.ts';
import type { EffectiveRole } from '../access/permissions.ts';
import type { Principal } from '../access/principal.ts';
import type { AppRow } from '../store/apps.ts';

type Contract<N extends RouteName> = (typeof routes)[N] & RouteContract;
type Output<T, Missing> = T extends z.ZodType ? z.output<T> : Missing;

type OfApp<N extends RouteName> = Contract<N>['path'] extends `/v1/apps/:app${string}`
  ? { readonly app: AppRow; readonly role: EffectiveRole }
  : unknown;

/** One request, after all that can be checked without the handler: who, may they, and is it well formed. */
export type Call<N extends RouteName> = {
  readonly principal: Principal;
  readonly params: PathParameters<Contract<N>['path']>;
  readonly query: Output<Contract<N>['query'], undefined>;
  readonly body: Output<Contract<N>['body'], undefined>;
} & OfApp<N>;

/** What a handler gives back; the contract's schema decides what of it leaves. */
export type Given<N extends RouteName> = Contract<N>['answer'] extends infer A extends z.ZodType
  ? z.input<A>
  : void;

/** Routes that answer one JSON document or nothing. */
export type PlainRoute = Exclude<RouteName, StreamRoute | 'run'>;
export type StreamRoute = {
  [N in RouteName]: (typeof routes)[N] extends { stream: string } ? N : never;
}[RouteName];
