import { dataPaths } from '../../core/paths.ts';
import { misuse, unreached } from '../failure.ts';
import type { Settings } from '../settings.ts';
import { parseAddress, parseRemote, type Address } from './address.ts';
import { readSavedPlatform } from './config-file.ts';
import { remoteUrl } from './folder.ts';

/** Where requests go, and what said so. */
export type Platform = (Address | { readonly kind: 'socket'; readonly path: string }) & {
  readonly from: string;
};

export interface Wanted {
  readonly host: string | undefined;
  readonly local: boolean;
}

/** Where `--local` looks when SLUICE_DATA_DIR is not set. */
export const DEFAULT_DATA_DIR = '/var/lib/sluice';

/**
 * Which platform is meant: what the command line says, then the environment, then this folder, then what setup saved.
 * @throws Failure (platform not reached) when nothing names one
 */
export async function locate(wanted: Wanted, settings: Settings, folder: string): Promise<Platform> {
  if (wanted.local && wanted.host !== undefined) throw misuse('--local and --host exclude each other');
  if (wanted.local) return socketOf(settings.dataDir ?? DEFAULT_DATA_DIR, '--local');
  if (wanted.host !== undefined) return { ...parseAddress(wanted.host), from: '--host' };
  if (settings.url !== undefined) return { ...httpsOnly(settings.url), from: 'SLUICE_URL' };
  if (settings.host !== undefined) return { ...parseAddress(settings.host), from: 'SLUICE_HOST' };
  if (settings.dataDir !== undefined) return socketOf(settings.dataDir, 'SLUICE_DATA_DIR');
  const remote = await platformRemote(folder);
  if (remote !== undefined) return { ...remote.address, from: 'the platform remote of this folder' };
  const saved = await readSavedPlatform(settings.configFile);
  if (saved !== undefined) return { ...parseAddress(saved.host), from: settings.configFile };
  throw unreached(
    'no platform is known here',
    'Name it: --host ssh://sluice@host:port, or SLUICE_HOST, or a git remote "platform" in this folder',
  );
}

/** Platform and app of the folder's `platform` remote. */
export async function platformRemote(folder: string): Promise<ReturnType<typeof parseRemote>> {
  const url = await remoteUrl(folder);
  return url === undefined ? undefined : parseRemote(url);
}

/** The app that is meant. @throws Failure (misuse) when neither `-a` nor the folder names one */
export async function locateApp(named: string | undefined, folder: string): Promise<string> {
  if (named !== undefined) return named;
  const remote = await platformRemote(folder);
  if (remote !== undefined) return remote.app;
  throw misuse(
    'which app? This folder has no git remote "platform"',
    'Add -a NAME, or type: sluice git:remote -a NAME',
  );
}

function socketOf(dataDir: string, from: string): Platform {
  return { kind: 'socket', path: dataPaths(dataDir).serverSocket, from };
}

function httpsOnly(url: string): Address {
  const address = parseAddress(url);
  if (address.kind !== 'https') throw misuse('SLUICE_URL is an https:// address', 'For ssh use SLUICE_HOST');
  return address;
}
