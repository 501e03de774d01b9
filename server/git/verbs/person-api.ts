import type { z } from 'zod';
import { routes, type RouteContract, type RouteName } from '../../../core/contracts/routes.ts';
import type { Login } from '../login.ts';
import type { ServerClient } from '../server-client.ts';

type Route<N extends RouteName> = (typeof routes)[N];
type Answer<N extends RouteName> =
  Route<N> extends { answer: infer A extends z.ZodType } ? z.output<A> : undefined;

interface Input {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
}

/** The public API in the name of the person whose key it is: what they may do is decided there, as for every client. */
export class PersonApi {
  readonly #server: ServerClient;
  readonly #login: Login;
  readonly #signal: AbortSignal;

  constructor(server: ServerClient, login: Login, signal: AbortSignal) {
    this.#server = server;
    this.#login = login;
    this.#signal = signal;
  }

  /** @throws Refusal as the API answers; ServerUnreachable */
  async call<N extends RouteName>(name: N, input: Input = {}): Promise<Answer<N>> {
    const contract: RouteContract = routes[name];
    const text = await this.#ask(contract, input);
    return contract.answer?.parse(JSON.parse(text)) as Answer<N>;
  }

  /** An answer that is read as it comes. @throws Refusal as the API answers; ServerUnreachable, also in the middle */
  stream<N extends RouteName>(name: N, input: Input = {}): Promise<AsyncIterable<Buffer>> {
    const contract: RouteContract = routes[name];
    return this.#server.streamAsPerson(this.#login, contract.method, targetOf(contract, input), this.#signal);
  }

  #ask(contract: RouteContract, input: Input): Promise<string> {
    const target = targetOf(contract, input);
    return this.#server.asPerson(this.#login, contract.method, target, input.body, this.#signal);
  }
}

function targetOf({ path }: RouteContract, { params = {}, query = {} }: Input): string {
  const filled = path.replaceAll(/:([a-z]+)/gi, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}
