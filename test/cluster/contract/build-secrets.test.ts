import { buildSecretsContract } from '../../contract/build-secrets.ts';
import { openJobBuilds } from '../support/build-fixture.ts';

buildSecretsContract('kubernetes', openJobBuilds);
