import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';

/** Where a region's user pools are; always told to the SDK, which would look for another place in its surroundings. */
export function endpointOf({ region, endpoint }: Pick<CognitoSettings, 'region' | 'endpoint'>): string {
  return endpoint?.replace(/\/$/, '') ?? awsEndpoint(region);
}

/** Who signs access tokens: AWS, and an emulator as itself. */
export function issuersOf(settings: CognitoSettings): string[] {
  const { region, userPoolId, issuer } = settings;
  const places = [awsEndpoint(region), endpointOf(settings)].map((place) => `${place}/${userPoolId}`);
  return [...new Set([...places, ...(issuer === undefined ? [] : [issuer])])];
}

/** Regions in China have a domain of their own. */
function awsEndpoint(region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://cognito-idp.${region}.${domain}`;
}
